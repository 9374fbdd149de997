"""What two glossaries say otherwise: by meaning and not by text, breaking or not, and who depends on it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from asking import Asking, Setting

from omnictl.compiler.question import Period, Question
from omnictl.glossary import Glossary, load_glossary
from omnictl.review.consequences import Sum, effects
from omnictl.review.dependents import made_of
from omnictl.review.differences import Difference, differences

TODAY = date(2026, 11, 20)
WAITS = """\
kpi: waits
label: {en: Waits, fr: Attentes}
question: {en: How many?, fr: Combien ?}
definition: Those that wait.
owner: operations
unit: ratio
rollup: share
better: lower
from: interactions
at: started_at
where: direction = 'inbound' and excluded = ''
channels: [phone, chat]
parameters: {promise: 20 s}
numerator: count_if(wait_s > :promise)
denominator: count(*)
variants:
  late: {at: queued_at, note: late}
  hard: {numerator: count_if(wait_s > 60), note: hard}
---
kpi: twice
label: {en: Twice, fr: Double}
question: {en: How many?, fr: Combien ?}
owner: operations
unit: ratio
rollup: ratio
better: lower
numerator: 2 * kpi(long)
denominator: kpi(long)
---
kpi: long
label: {en: Long, fr: Longues}
question: {en: How many?, fr: Combien ?}
owner: operations
unit: count
rollup: sum
better: lower
from: interactions
at: started_at
value: count_if(wait_s > 100)
"""


def glossary(folder: Path, text: str) -> Glossary:
    folder.mkdir()
    (folder / "k.yml").write_text(text, encoding="utf-8")
    return load_glossary([folder])


def changed(tmp_path: Path, *edits: tuple[str, str]) -> list[Difference]:
    """The differences that some edits of the text make."""
    text = WAITS
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return differences(glossary(tmp_path / "old", WAITS), glossary(tmp_path / "new", text), TODAY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("where: direction = 'inbound' and excluded = ''", "where: >-\n  Excluded = ''\n  AND (direction='inbound')"),
        ("unit: ratio\nrollup: share\nbetter: lower", "better: lower\nrollup: share\nunit: ratio"),
        ("count_if(wait_s > :promise)", "count(*) filter (where :promise < wait_s)  # the same"),
        ("promise: 20 s", "promise: 20.0 s"),
        ("[phone, chat]", "[chat, phone]"),
    ],
)
def test_what_is_written_otherwise_and_means_the_same_is_no_difference(tmp_path: Path, old: str, new: str) -> None:
    assert changed(tmp_path, (old, new)) == []


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("label: {en: Waits", "label: {en: Long waits", "label en"),
        ("definition: Those", "definition: All those", "definition en"),
        ("owner: operations\nunit: ratio\nrollup: share", "owner: quality\nunit: ratio\nrollup: share", "owner"),
        ("rollup: share\nbetter: lower", "rollup: share\nbetter: neutral", "better"),
        ("rollup: share\n", "rollup: share\ntarget: 0.1\n", "target"),
        ("note: late}", "note: later}", "note en"),
    ],
)
def test_what_people_read_is_wording(tmp_path: Path, old: str, new: str, key: str) -> None:
    found = changed(tmp_path, (old, new))
    assert {(each.kind, each.breaking) for each in found} == {("wording", False)}
    assert key in {change.key for each in found for change in each.changes}


def test_another_test_is_wording(tmp_path: Path) -> None:
    case = "tests:\n  - {name: none, given: {interactions: []}, expect: null}\n"
    (found,) = changed(tmp_path, ("value: count_if(wait_s > 100)\n", f"value: count_if(wait_s > 100)\n{case}"))
    assert [(each.key, each.old, each.new) for each in found.changes] == [("tests", "0 cases", "1 case")]
    other = case.replace("name: none", "name: other")
    before, after = (f"{WAITS}{each}" for each in (case, other))
    (found,) = differences(glossary(tmp_path / "a", before), glossary(tmp_path / "b", after), TODAY)
    assert [(each.key, each.old, each.new) for each in found.changes] == [("tests", "1 case", "1 case, not the same")]


def test_what_breaks_nothing_breaks_nothing_made_of_it(tmp_path: Path) -> None:
    """A value that holds from a later day on; and a label, which a KPI says once for its variants."""
    made = """\
---
kpi: more
label: {en: More, fr: Plus}
question: {en: How many?, fr: Combien ?}
unit: score
rollup: index
parts: {a: kpi(waits)}
formula: 3 * a
"""
    later = WAITS.replace("{promise: 20 s}", "{promise: {value: 20 s, changes: [{from: 2027-01-01, value: 9 s}]}}")
    found = differences(glossary(tmp_path / "a", WAITS + made), glossary(tmp_path / "b", later + made), TODAY)
    assert {each.address: each.breaking for each in found} == {"more": False, "waits": False}
    (named,) = changed(tmp_path, ("en: Waits,", "en: Longer,"))
    assert (named.address, named.kind, named.also) == ("waits", "wording", ("late", "hard"))


@pytest.mark.parametrize(
    ("old", "new", "key", "before", "after"),
    [
        ("denominator: count(*)", "denominator: count(wait_s)", "denominator", "count(*)", "count(wait_s)"),
        ("promise: 20 s", "promise: 30 s", "parameters promise", "20 s", "30 s"),
        ("[phone, chat]", "[phone]", "channels", "chat, phone", "phone"),
        ("unit: ratio\nrollup: share", "unit: score\nrollup: share", "unit", "ratio", "score"),
        ("rollup: share", "rollup: ratio", "rollup", "share", "ratio"),
    ],
)
def test_a_meaning_that_changes_is_breaking(
    tmp_path: Path, old: str, new: str, key: str, before: str, after: str
) -> None:
    found = [each for each in changed(tmp_path, (old, new)) if each.address == "waits"]
    assert [(each.kind, each.breaking) for each in found] == [("meaning", True)]
    assert [(each.key, each.old, each.new) for each in found[0].changes] == [(key, before, after)]


def test_variants_that_change_alike_are_told_once(tmp_path: Path) -> None:
    (found,) = changed(tmp_path, ("denominator: count(*)", "denominator: count(wait_s)"))
    assert (found.address, found.also) == ("waits", ("late", "hard"))
    assert found.addresses == ("waits", "waits@late", "waits@hard")


def test_a_variant_that_changes_alone_is_told_alone(tmp_path: Path) -> None:
    (found,) = changed(tmp_path, ("wait_s > 60", "wait_s > 61"))
    assert (found.address, found.kind) == ("waits@hard", "meaning")


def test_what_is_added_breaks_nothing(tmp_path: Path) -> None:
    found = changed(
        tmp_path,
        ("promise: 20 s", "promise: 20 s, other: 5 s"),
        ("note: hard}", "note: hard}\n  soft: {numerator: count_if(wait_s > 5), note: soft}"),
    )
    assert [(each.address, each.kind, each.breaking) for each in found] == [
        ("waits", "meaning", False),
        ("waits@soft", "added", False),
    ]


@pytest.mark.parametrize(
    ("since", "value", "breaking"),
    [("2026-11-21", "20 s", False), ("2026-11-20", "20 s", True), ("2026-11-21", "21 s", True)],
)
def test_a_value_that_holds_from_a_later_day_on_breaks_nothing(
    tmp_path: Path, since: str, value: str, breaking: bool
) -> None:
    later = f"promise: {{value: {value}, changes: [{{from: {since}, value: 30 s}}]}}"
    (found,) = changed(tmp_path, ("promise: 20 s", later))
    assert (found.kind, found.breaking) == ("meaning", breaking)
    assert found.changes[0].new == f"{value}; {since} 30 s"


def test_what_is_gone_breaks(tmp_path: Path) -> None:
    found = changed(tmp_path, ("  late: {at: queued_at, note: late}\n", ""), ("kpi: long\n", "kpi: longest\n"))
    told = [(each.address, each.kind, each.breaking) for each in found]
    assert told == [
        ("twice", "faulty", True),
        ("long", "removed", True),
        ("waits@late", "removed", True),
        ("longest", "added", False),
    ]
    assert "there is no KPI `long`" in found[0].changes[0].new


def test_what_a_kpi_is_made_of_changes_it_too(tmp_path: Path) -> None:
    found = changed(tmp_path, ("wait_s > 100", "wait_s > 200"))
    assert [(each.address, each.breaking) for each in found] == [("long", True), ("twice", True)]
    assert [change.key for change in found[1].changes] == ["made of long"]
    assert made_of(load_glossary([tmp_path / "new"])) == {"long": {"twice"}}


def test_what_is_mended_is_told(tmp_path: Path) -> None:
    old = glossary(tmp_path / "old", WAITS.replace("wait_s > 60", "waits > 60"))
    (found,) = differences(old, glossary(tmp_path / "new", WAITS), TODAY)
    assert (found.address, found.kind, found.breaking) == ("waits@hard", "meaning", False)
    assert "no column `waits`" in found.changes[0].old


def test_the_shipped_glossary_does_not_differ_from_its_copy(tmp_path: Path) -> None:
    shipped = load_glossary(["standard"])
    shutil.copytree(shipped.layers[0].folder, tmp_path / "kpis")
    copy = Glossary([replace(load_glossary([tmp_path / "kpis"]).layers[0], name="standard")], shipped.channels)
    assert differences(shipped, copy, TODAY) == []
    read = [file for file in copy.layers[0].files if "entries" in vars(file)]
    assert 0 < len(read) < len(copy.layers[0].files) / 2  # those that are made of others, and what these are made of


def test_figures_of_both_sides_by_channel(tmp_path: Path) -> None:
    """Calls wait 10, 30 and 90 s, chats 30 s: over 20 s are 3 of 4, over 60 s only a call."""
    old = glossary(tmp_path / "old", WAITS)
    new = glossary(tmp_path / "new", WAITS.replace("promise: 20 s", "promise: 60 s"))
    day = datetime(2026, 3, 2, 10)
    waits = [("phone", 10), ("phone", 30), ("phone", 90), ("chat", 30)]
    rows = [{"channel": channel, "wait_s": wait, "direction": "inbound", "started_at": day} for channel, wait in waits]
    later = [{**rows[0], "started_at": datetime(2026, 4, 1)}]
    asking = Asking(new, interactions=[*rows, *later])
    march = Question((), period=Period(datetime(2026, 3, 1), datetime(2026, 4, 1)))
    found = list(effects(differences(old, new, TODAY), (old, Setting()), (new, Setting()), march, asking.con))
    assert [(each.channel, each.old.value, each.new.value) for each in found] == [
        (None, 3 / 4, 1 / 4),
        ("chat", 1.0, 0.0),
        ("phone", 2 / 3, 1 / 3),
    ]
    assert found[0].change == -0.5


def test_a_side_that_cannot_be_asked_says_so(tmp_path: Path) -> None:
    old = glossary(tmp_path / "old", WAITS.replace("wait_s > 100", "waits > 100"))
    new = glossary(tmp_path / "new", WAITS)
    asking = Asking(new, interactions=[{"wait_s": 200}])
    found = {
        each.address: each
        for each in effects(differences(old, new, TODAY), (old, Setting()), (new, Setting()), Question(()), asking.con)
        if each.channel is None
    }
    assert (found["long"].old, found["long"].new) == (Sum(None, "not_asked"), Sum(1, None))
