"""Why a figure changed: late data first, then the change in parts that add up, worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from asking import Asking

from omnictl.calendars import Calendar
from omnictl.compiler.question import Question
from omnictl.errors import DefinitionError, OmnictlError
from omnictl.glossary import load_glossary
from omnictl.review.against import Against, Span, against_of, baseline_of, one_question
from omnictl.review.asking import Told
from omnictl.review.causes import Changed, why
from omnictl.review.closures import closures
from omnictl.review.cuts import Whole, of_count, of_ratio
from omnictl.review.effects import Parts
from omnictl.review.events import load_events, overlapping
from omnictl.review.reasons import facts, for_people, for_programs

FRIDAY = datetime(2026, 11, 20, 9, 0)
DAY = timedelta(days=1)


def day_of(time: datetime) -> Span:
    start = time.replace(hour=0)
    return Span(start, start + DAY)


def contacts(weeks_ago: int, channel: str, times: int, **more: Any) -> Iterator[dict[str, Any]]:
    for _ in range(times):
        yield {
            "channel": channel, "direction": "inbound", "started_at": FRIDAY - timedelta(weeks=weeks_ago),
            "queued_at": FRIDAY - timedelta(weeks=weeks_ago), "source": channel,
        } | more  # fmt: skip


@pytest.fixture(scope="module")
def weeks() -> Asking:
    """A Friday and the four before: 12 calls and 2 mails, against 8, 10, none at all, and 6 calls; mails 4, 4 and 1."""
    rows = [
        *contacts(0, "phone", 12, outcome="handled", wait_s=10),
        *contacts(0, "email", 2),
        *contacts(1, "phone", 8, outcome="handled", wait_s=10),
        *contacts(1, "email", 4),
        *contacts(2, "phone", 10, outcome="handled", wait_s=90),
        *contacts(2, "email", 4),
        *contacts(4, "phone", 6, outcome="handled", wait_s=10),
        *contacts(4, "email", 1),
    ]
    asking = Asking(load_glossary(["standard"]), interactions=rows)
    asking.complete_until("phone", "interactions", datetime(2026, 11, 20, 12, 0))
    asking.complete_until("email", "interactions", datetime(2026, 11, 30))
    return asking


def changed(asking: Asking, kpi: str, span: Span, against: str | None = None, **asked: Any) -> Changed:
    baseline = against_of(against, span)
    found = why(asking.glossary, asking.setting, kpi, span, baseline, Question(()), asking.con, **asked)
    for cut in found.cuts:
        parts = [effect.total for effect in cut.effects.values()] or list(cut.counts.values())
        assert sum(parts, cut.rest) == found.change
    return found


def test_a_day_is_measured_against_the_mean_of_the_same_weekdays(weeks: Asking) -> None:
    found = changed(weeks, "contacts_received", day_of(FRIDAY), by=("channel",))
    assert [span.told for span in found.baseline] == ["2026-11-13", "2026-11-06", "2026-10-23"]
    assert [span.told for span in found.left_out] == ["2026-10-30"]
    assert (found.before, found.after) == (Fraction(12 + 14 + 7, 3), 14)
    (cut,) = found.cuts
    assert cut.counts == {"phone": Fraction(12 - 8), "email": Fraction(2 - 3)}
    assert cut.rest == 0


def test_late_and_missing_data_come_first(weeks: Asking) -> None:
    found = changed(weeks, "contacts_received", day_of(FRIDAY))
    said = [(kind, source, span.told) for kind, source, span, _ in facts(found, "en")]
    assert said == [
        ("incomplete", "phone", "2026-11-20"),
        ("left_out", None, "2026-10-30"),
        ("unlinked", None, "2026-11-20"),
    ]
    tables = for_people(found, [], "en", 10)
    assert tables[0].title == "Late or missing data"
    assert tables[0].rows[0] == ("2026-11-20", "phone", "complete up to 2026-11-20 12:00 only")
    assert tables[1].title.startswith("Contacts received, 2026-11-20: 14, against 11 (mean of 2026-11-13, ")


def test_a_source_that_sends_nothing_is_named() -> None:
    rows = [*contacts(0, "phone", 3), *contacts(1, "phone", 3), *contacts(1, "chat", 8), *contacts(2, "chat", 4)]
    asking = Asking(load_glossary(["standard"]), interactions=rows)
    found = changed(asking, "contacts_received", day_of(FRIDAY), "2 same weekdays")
    *said, (unlinked, *_) = [(kind, source, span.told, words) for kind, source, span, words in facts(found, "en")]
    assert said == [
        ("missing", "chat", "2026-11-20", "no row here, 6 on average before"),
        ("gap", "phone", "2026-11-06", "no row here"),
    ]
    assert unlinked == "unlinked"


def test_a_source_that_begins_within_a_period_is_named() -> None:
    rows = [*contacts(0, "phone", 60), *contacts(5, "phone", 1), *contacts(6, "chat", 2), *contacts(3, "chat", 4)]
    asking = Asking(load_glossary(["standard"]), interactions=rows)
    months = Span(datetime(2026, 11, 1), datetime(2026, 12, 1))
    found = changed(asking, "contacts_received", months)
    said = [(source, span.told, words) for kind, source, span, words in facts(found, "en") if kind == "begins"]
    before = "2026-10-01 to 2026-10-31"  # half a month is no measure of a whole one
    assert said == [("chat", before, "its rows begin on 2026-10-09"), ("phone", before, "its rows begin on 2026-10-16")]
    assert not [
        kind for kind, *_ in facts(changed(asking, "contacts_received", day_of(FRIDAY)), "en") if kind == "begins"
    ]


def test_a_ratio_changes_by_rates_and_mix() -> None:
    rows = [
        *contacts(0, "phone", 6, outcome="handled", wait_s=10),
        *contacts(0, "phone", 4, outcome="handled", wait_s=90),
        *contacts(0, "chat", 9, outcome="handled", wait_s=10),
        *contacts(0, "chat", 1, outcome="handled", wait_s=90),
        *contacts(1, "phone", 24, outcome="handled", wait_s=10),
        *contacts(1, "phone", 6, outcome="handled", wait_s=90),
        *contacts(1, "chat", 10, outcome="handled", wait_s=10),
    ]
    asking = Asking(load_glossary(["standard"]), interactions=rows)
    found = changed(asking, "service_level", day_of(FRIDAY), "1 same weekday", by=("channel",))
    assert (found.before, found.after) == (Fraction(34, 40), Fraction(15, 20))
    (cut,) = found.cuts
    phone, chat = cut.effects["phone"], cut.effects["chat"]
    assert (phone.share_before, phone.share_after) == (Fraction(3, 4), Fraction(1, 2))
    assert phone.rate == (Fraction(6, 10) - Fraction(24, 30)) * Fraction(5, 8)
    assert chat.rate == (Fraction(9, 10) - 1) * Fraction(3, 8)
    middle = (Fraction(34, 40) + Fraction(15, 20)) / 2
    assert phone.mix == Fraction(-1, 4) * (Fraction(7, 10) - middle)
    assert chat.mix == Fraction(1, 4) * (Fraction(19, 20) - middle)
    assert found.parts is not None and [each.denominator for each in found.parts] == [40, 20]
    table = for_people(found, [], "en", 1)[2]
    assert [row[0] for row in table.rows] == ["phone", "1 other", "together"]


def followed(*told: tuple[int, int | None, int | None, int | None]) -> Asking:
    """A call each: weeks ago, person, days since the contact before, days observed before."""
    rows, identities, followups = [], [], []
    for number, (ago, person, days, observed) in enumerate(told):
        rows += contacts(ago, "phone", 1, interaction_id=f"i{number}")
        key = {"source": "phone", "interaction_id": f"i{number}"}
        identities.append({**key, "person_id": person, "link": "certain" if person else "none"})
        before = {"previous_contact_days": days, "previous_contact_observed_days": observed}
        followups.append({**key, "key": number, "person_id": person, **before})
    return Asking(load_glossary(["standard"]), interactions=rows, identities=identities, followups=followups)


def test_repeats_are_told_from_first_contacts() -> None:
    """Before: 2 first, 1 repeat, 1 of nobody known. After: 1 first, 3 repeats, 1 eight days after, 1 not observed."""
    asking = followed(
        (1, 1, None, 30), (1, 2, None, 30), (1, 3, 4, 30), (1, None, None, None),
        (0, 1, None, 30), (0, 2, 7, 30), (0, 3, 0, 30), (0, 4, 1, 30), (0, 5, 8, 30), (0, 6, None, 2),
    )  # fmt: skip
    found = changed(asking, "contacts_received", day_of(FRIDAY), "1 same weekday")
    assert found.repeats == {"first": (2, 2), "repeat": (1, 3), "unidentified": (1, 0), "unobserved": (0, 1)}
    assert sum(after - before for before, after in found.repeats.values()) == found.change == 2


@pytest.mark.parametrize(("people", "told"), [(1, {}), (4, {"first": (4, 5), "repeat": (4, 6)})])
def test_repeats_of_few_people_are_not_told(people: int, told: dict[str, tuple[int, int]]) -> None:
    """Four or six repeats of one person are hidden, of four people they are shown."""
    before = [(1, number, None, 30) for number in range(1, 5)] + [(1, 10 + n % people, 2, 30) for n in range(4)]
    after = [(0, number, None, 30) for number in range(1, 6)] + [(0, 10 + n % people, 2, 30) for n in range(6)]
    asking, span = followed(*before, *after), day_of(FRIDAY)
    question, against = Question((), floor=4), against_of("1 same weekday", span)
    found = why(asking.glossary, asking.setting, "contacts_received", span, against, question, asking.con)
    assert (found.before, found.after) == (8, 11)
    assert found.repeats == told
    assert any("too few people" in note for note in found.notes) == (not told)


def test_where_nobody_is_known_there_are_no_repeats(weeks: Asking) -> None:
    assert changed(weeks, "contacts_received", day_of(FRIDAY)).repeats == {}


def test_what_does_not_add_up_is_not_taken_apart() -> None:
    rows = [
        *contacts(0, "phone", 2, wait_s=10, outcome="handled"),
        *contacts(1, "phone", 2, wait_s=30, outcome="handled"),
    ]
    asking = Asking(load_glossary(["standard"]), interactions=rows)
    found = changed(asking, "wait_time_p90", day_of(FRIDAY), "1 same weekday", by=("channel",))
    assert (found.before, found.after, found.cuts) == (30, 10, ())


def test_values_may_share_one_denominator() -> None:
    """Contacts per customer: 3 calls and 1 mail of 10 customers, then 4 calls and 2 mails of 20."""
    rows = [*contacts(0, "phone", 4), *contacts(0, "email", 2), *contacts(1, "phone", 3), *contacts(1, "email", 1)]
    base = [
        {"period_start": "2026-11-13", "period_end": "2026-11-20", "active": 10, "source": "crm"},
        {"period_start": "2026-11-20", "period_end": "2026-11-27", "active": 20, "source": "crm"},
    ]
    asking = Asking(load_glossary(["standard"]), interactions=rows, base=base)
    found = changed(asking, "contact_rate", day_of(FRIDAY), "1 same weekday", by=("channel",))
    (cut,) = found.cuts
    assert cut.counts == {"phone": Fraction(4, 20) - Fraction(3, 10), "email": Fraction(2, 20) - Fraction(1, 10)}
    assert (found.change, cut.rest) == (Fraction(-1, 10), 0)


def told(value: float | None, numerator: int = 0, denominator: int = 0) -> Told:
    hidden = value is None
    parts = {"numerator": None if hidden else numerator, "denominator": None if hidden else denominator}
    return Told({"value": value, "state": "hidden" if hidden else None, **parts})


def test_values_that_may_not_be_shown_stand_together() -> None:
    """Of 20 before and 26 after, a and b show 15 and 18; what is left, 5 and 8, is of the hidden ones."""
    figures = {(0, "a"): told(10), (1, "a"): told(9), (0, "b"): told(8), (1, "b"): told(6)}
    figures |= {(number, value): told(None) for number in (0, 1) for value in ("c", "d")}
    cut = of_count("queue", figures, [1], Whole(Fraction(20), Fraction(26), None))
    assert cut.counts == {"a": 1, "b": 2, "hidden": 3}
    ratios = {(0, "a"): told(0.5, 5, 10), (1, "a"): told(0.25, 2, 8), (0, "c"): told(0.5, 1, 2), (1, "c"): told(None)}
    parts = Parts(Fraction(3), Fraction(10)), Parts(Fraction(6), Fraction(12))
    whole = Whole(Fraction(3, 10), Fraction(1, 2), parts)
    split = of_ratio("queue", ratios, [1], whole, parts)
    assert split is not None
    assert (split.effects["hidden"].before, split.effects["hidden"].after) == (Parts(1, 2), Parts(1, 2))
    assert sum(each.total for each in split.effects.values()) == whole.change
    assert split.rest == 0


def test_without_anything_before_there_is_nothing_to_tell(weeks: Asking) -> None:
    with pytest.raises(OmnictlError, match="no data to measure against: 2025-11-21"):
        changed(weeks, "contacts_received", day_of(FRIDAY), "year")


def test_a_kpi_that_is_always_cut_is_refused(weeks: Asking) -> None:
    with pytest.raises(OmnictlError, match="always cut by channel"):
        changed(weeks, "channel_share", day_of(FRIDAY))


def test_programs_get_one_table(weeks: Asking) -> None:
    table = for_programs(changed(weeks, "contacts_received", day_of(FRIDAY), by=("channel",)), [], "en")
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    assert [row["section"] for row in rows] == ["data"] * 3 + ["change"] + ["baseline"] * 3 + ["cut"] * 2
    assert [(row["value"], row["change"]) for row in rows[-2:]] == [("phone", 4.0), ("email", -1.0)]


@pytest.mark.parametrize(
    ("start", "end", "against", "expected"),
    [
        ("2026-11-01", "2026-12-01", None, ["2026-10-01 to 2026-10-31"]),
        ("2026-03-01", "2026-04-01", "year", ["2025-03-01 to 2025-03-31"]),
        ("2026-07-01", "2026-10-01", "previous", ["2026-04-01 to 2026-06-30"]),
        ("2026-11-16", "2026-11-23", None, ["2026-11-09 to 2026-11-15"]),
        ("2026-11-20", "2026-11-21", "previous", ["2026-11-13"]),
        ("2026-11-20", "2026-11-21", "year", ["2025-11-21"]),
        ("2026-11-10", "2026-11-20", "previous", ["2026-10-27 to 2026-11-05"]),
        ("2026-11-20", "2026-11-21", "2 same weekdays", ["2026-11-13", "2026-11-06"]),
    ],
)
def test_what_a_period_is_measured_against(start: str, end: str, against: str | None, expected: list[str]) -> None:
    span = Span(datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert [each.told for each in baseline_of(span, against_of(against, span))] == expected


def test_a_baseline_that_is_none_is_refused() -> None:
    month = Span(datetime(2026, 11, 1), datetime(2026, 12, 1))
    for text, words in (
        ("last week", "against `last week`"),
        ("0 same weekdays", "1 to 52"),
        ("same weekdays", "week at"),
    ):
        with pytest.raises(OmnictlError, match=words):
            against_of(text, month if words == "week at" else day_of(FRIDAY))
    assert against_of("same-weekdays", day_of(FRIDAY)) == Against("weekdays", 4)
    with pytest.raises(OmnictlError, match="nothing on the calendar"):
        baseline_of(Span(datetime(1, 1, 1), datetime(2, 1, 1)), Against("previous"))


def test_one_question_gives_all_days_of_a_month_but_not_of_a_year() -> None:
    day = day_of(FRIDAY)
    assert one_question((day, *baseline_of(day, Against("weekdays", 4)))) == "day"
    assert one_question((day, *baseline_of(day, Against("year")))) is None


def test_days_that_are_closed_are_said() -> None:
    """11 November 2026 is a Wednesday and a holiday; 15 August 2026 is a Saturday, when the desk is closed anyway."""
    open_all_day = ((0, 86_400),)
    desk = Calendar(week=(open_all_day,) * 5 + ((), ()), holidays="FR", closed=frozenset([date(2026, 11, 13)]))
    week = Span(datetime(2026, 11, 9), datetime(2026, 11, 16))
    august = Span(datetime(2026, 8, 10), datetime(2026, 8, 17))
    found = closures({"desk": desk}, [week, august], "en")
    assert found == {week: "2026-11-11 (public holiday), 2026-11-13"}
    both = closures({"desk": desk, "line": Calendar(week=(open_all_day,) * 7, holidays="FR")}, [week, august], "fr")
    assert both[week] == "2026-11-11 (jour férié) : desk, line, 2026-11-13 : desk"
    assert both[august] == "2026-08-15 (jour férié) : line"


def test_a_closed_day_stands_in_the_table(weeks: Asking) -> None:
    found = changed(weeks, "contacts_received", day_of(FRIDAY), by=("channel",))
    table = for_people(found, [], "en", 10, {day_of(FRIDAY): "2026-11-20"})[0]
    assert ("2026-11-20", None, "closed: 2026-11-20") in table.rows


EVENTS = """\
- {from: 2026-11-20, label: {en: Storm, fr: Tempête}, channels: [phone]}
- {from: 2026-11-12, to: 2026-11-13, label: Mailing}
- {from: 2026-11-20 08:00, to: 2026-11-20 10:00, label: Outage, channels: [chat]}
- {from: 2026-11-21, label: The day after}
"""


def test_events_of_the_period_and_of_the_baseline(tmp_path: Path) -> None:
    file = tmp_path / "events.yml"
    file.write_text(EVENTS, encoding="utf-8")
    spans = [day_of(FRIDAY), day_of(FRIDAY - timedelta(weeks=1))]
    found = overlapping(load_events(file), spans, ("phone", "email"))
    assert [(event.labelled("fr"), event.span.told) for event in found] == [
        ("Mailing", "2026-11-12 to 2026-11-13"),
        ("Tempête", "2026-11-20"),
    ]
    assert [event.labelled("en") for event in overlapping(load_events(file), spans[:1], None)] == ["Storm", "Outage"]


@pytest.mark.parametrize(
    "text",
    [
        "- {label: x}",
        "- {from: soon, label: x}",
        "- {from: 2026-11-20, to: 2026-11-19, label: x}",
        "a: b",
        "- {from: 2026-11-20, label: x, chanels: [a]}",
        "- {from: 2026-11-20, label: [x]}",
    ],
)
def test_faults_of_events_have_their_place(tmp_path: Path, text: str) -> None:
    file = tmp_path / "events.yml"
    file.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        load_events(file)
    assert all(
        finding.place is not None and finding.place.file.endswith("events.yml") for finding in error.value.findings
    )
