"""The KPIs of people, journeys and open conversations against plain Python, on random people around a clock change.

The Python side goes over a person's rows one by one (`people_by_hand`, `repeats_by_hand`). It shares nothing with the
glossary, the compiler or `build`, and takes from the store only up to when its source is complete.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from people_by_hand import (
    ASSISTED,
    BOTH,
    CONTACTS,
    DAY,
    J0,
    J3,
    J7,
    ON_SAME,
    PEOPLE,
    SAME_INTENT,
    VISITS,
    WORKSPACE,
    Cut,
    Figure,
    Fits,
    Row,
    Window,
    World,
    anything,
    contacts,
    counted,
    follows,
    nearest,
    needs_of,
    phone,
    random_rows,
    same,
    settled,
    visits,
    written,
)  # fmt: skip
from repeats_by_hand import PERCENTILES, REPEATS
from workbench import Workbench

from omnictl.relations.column import CHANNELS

SHIPPED = Path(__file__).parents[2] / "kpis"


@dataclass(frozen=True)
class Followed:
    """A share of rows that something follows: which rows, what, in which window."""

    fits: Fits
    window: Window = J7
    back: bool = False
    as_seen: bool = False
    with_intent: bool = False
    channels: tuple[str, ...] = ASSISTED
    handled: bool = True
    received: bool = False
    then: Fits = anything  # what must hold of the nearest besides

    def of(self, world: World) -> dict[Cut, Figure]:
        return counted((row.channel, *self._judged(row, world)) for row in world.rows if self._asked(row))

    def _asked(self, row: Row) -> bool:
        if not row.inbound or row.channel not in self.channels:
            return False
        if self.received and (not row.contact or row.parent_kind not in ("", "within")):
            return False
        return not self.handled or row.handled is not False

    def _judged(self, row: Row, world: World) -> tuple[float | None, float | None]:
        known = row.who and not (self.with_intent and not row.intent) and not (self.handled and row.handled is None)
        if not known or not (self.as_seen or self.window.seen(row, world, back=self.back)):
            return None, None
        other = nearest(row, self.fits, back=self.back)
        found = follows(row, self.window, self.fits, back=self.back)
        return float(found and other is not None and self.then(row, other)), 1.0


def elsewhere(row: Row, other: Row) -> bool:
    return row.channel != other.channel


def there(row: Row, other: Row) -> bool:
    return contacts(row, other) and elsewhere(row, other)


def served(row: Row, other: Row) -> bool:
    return contacts(row, other) and other.channel in ASSISTED


def after_a_day(row: Row, other: Row) -> bool:
    return not Window(days=1).holds(row, other)


def _shares() -> dict[str, Followed]:
    back = {"back": True, "handled": False, "received": True, "channels": CONTACTS}
    web = {"window": DAY, "handled": False, "channels": VISITS}
    every = {"window": DAY, "handled": False, "channels": tuple(CHANNELS)}
    return {
        "reiteration_rate": Followed(contacts),
        "reiteration_rate:window=intra-day": Followed(contacts, J0),
        "reiteration_rate:window=J+3": Followed(contacts, J3),
        "reiteration_rate:window=24h": Followed(contacts, DAY),
        "reiteration_rate@as_seen": Followed(contacts, as_seen=True),
        "reiteration_rate@same_intent": Followed(SAME_INTENT, with_intent=True),
        "reiteration_rate@same_intent_as_seen": Followed(SAME_INTENT, as_seen=True, with_intent=True),
        "reiteration_rate@same_channel": Followed(ON_SAME),
        "reiteration_rate@same_channel_same_intent": Followed(BOTH, with_intent=True),
        "reiteration_rate@then_phone": Followed(phone),
        "reiteration_rate@then_phone_same_intent": Followed(same(phone, "intent"), with_intent=True),
        "repeat_share": Followed(contacts, **back),  # type: ignore[arg-type]
        "repeat_share:window=24h": Followed(contacts, DAY, **back),  # type: ignore[arg-type]
        "repeat_share@as_seen": Followed(contacts, as_seen=True, **back),  # type: ignore[arg-type]
        "repeat_share@same_intent": Followed(SAME_INTENT, with_intent=True, **back),  # type: ignore[arg-type]
        "repeat_share@same_channel_same_intent": Followed(BOTH, with_intent=True, **back),  # type: ignore[arg-type]
        "phone_after_web_rate": Followed(phone, **web),  # type: ignore[arg-type]
        "phone_after_web_rate@same_intent": Followed(same(phone, "intent"), with_intent=True, **web),  # type: ignore[arg-type]
        "followed_rate": Followed(contacts, **every),  # type: ignore[arg-type]
        "followed_rate@same_intent": Followed(SAME_INTENT, with_intent=True, **every),  # type: ignore[arg-type]
        "followed_rate@then_phone": Followed(phone, **every),  # type: ignore[arg-type]
        "followed_rate@then_phone_same_intent": Followed(same(phone, "intent"), with_intent=True, **every),  # type: ignore[arg-type]
        "followed_rate@then_visit": Followed(visits, **every),  # type: ignore[arg-type]
        "web_rebound_rate": Followed(visits, DAY),
        "web_rebound_rate@right_after": Followed(anything, DAY, then=visits),
        "reiteration_rate@other_channel": Followed(contacts, then=elsewhere),
        "reiteration_rate@on_other_channel": Followed(there),
        "reiteration_rate@on_other_channel_same_intent": Followed(same(there, "intent"), with_intent=True),
        "reiteration_rate@then_assisted": Followed(served),
        "reiteration_rate@then_assisted_same_intent": Followed(same(served, "intent"), with_intent=True),
        "repeat_share@on_other_channel": Followed(there, **back),  # type: ignore[arg-type]
        "repeat_share@on_other_channel_same_intent": Followed(same(there, "intent"), with_intent=True, **back),  # type: ignore[arg-type]
        "reiteration_rate@beyond_the_first_day": Followed(contacts, J3, then=after_a_day),
        "repeat_share@other_channel": Followed(contacts, then=elsewhere, **back),  # type: ignore[arg-type]
    }


def _resolution(world: World, *, declared: bool) -> dict[Cut, Figure]:
    def judged() -> Iterator[tuple[str, float | None, float | None]]:
        for row in world.rows:
            if not row.inbound or row.channel not in ASSISTED or row.handled is False:
                continue
            seen = declared or J7.seen(row, world, back=False)
            if not row.who or row.handled is None or not row.intent or not seen:
                yield row.channel, None, None
                continue
            if follows(row, J7, BOTH, back=True):
                yield row.channel, 0.0, 0.0
                continue
            if declared and not row.resolved:
                yield row.channel, None, None
                continue
            yield row.channel, float(row.resolved == "true" if declared else not follows(row, J7, BOTH)), 1.0

    return counted(judged())


def _chains(world: World, *, assisted: bool, lengths: bool) -> dict[Cut, Figure]:
    return counted(
        (chain[0].channel, None if not closed else float(len(chain)) if lengths else settled(chain), 1.0)
        for chain, closed in needs_of(world, assisted=assisted)
    )


def _concurrency(world: World, by: str) -> dict[Cut, Figure]:
    """Time of conversations, and time with one open at least, of each agent or queue on each channel."""
    spans: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in world.rows:
        end = row.ended_at or world.until
        told = row.channel in ("chat", "messaging") and not row.excluded and getattr(row, by)
        if told and row.answered_at and end > row.answered_at:
            spans[row.channel, getattr(row, by)].append((row.answered_at, end))
    judged = []
    for (channel, _), theirs in spans.items():
        whole = sum((end - start).total_seconds() for start, end in theirs)
        union, reached = 0.0, datetime.min
        for start, end in sorted(theirs):
            union += max(0.0, (end - max(start, reached)).total_seconds())
            reached = max(reached, end)
        judged.append((channel, whole, union))
    return counted(judged)


def _known(world: World, *, cookies: bool = True, assisted: bool = False) -> dict[Cut, Figure]:
    return counted(
        (row.channel, float(bool(row.person or (cookies and row.cookie))), 1.0)
        for row in world.rows
        if row.inbound and not (assisted and row.channel not in ASSISTED)
    )


def _hands(world: World) -> dict[str, dict[Cut, Figure]]:
    found = {address: share.of(world) for address, share in _shares().items()}
    found["first_contact_resolution"] = _resolution(world, declared=False)
    for variant, assisted in (("", False), ("@assisted", True)):
        found[f"first_interaction_resolution{variant}"] = _chains(world, assisted=assisted, lengths=False)
        found[f"chain_length{variant}"] = _chains(world, assisted=assisted, lengths=True)
        found[f"identification_rate{variant}"] = _known(world, assisted=assisted)
    found["identification_rate@beyond_cookies"] = _known(world, cookies=False)
    found |= {address: hand(world) for address, hand in REPEATS.items()}
    found["chat_concurrency"] = _concurrency(world, "agent")
    found["chat_concurrency@of_the_queue"] = _concurrency(world, "queue")
    return found


ADDRESSES = (
    *_shares(), *REPEATS, "first_contact_resolution", "first_interaction_resolution",
    "first_interaction_resolution@assisted", "chain_length", "chain_length@assisted", "identification_rate",
    "identification_rate@assisted", "identification_rate@beyond_cookies", "chat_concurrency",
    "chat_concurrency@of_the_queue",
)  # fmt: skip
SELF_SERVICE = ("true_containment_rate", "deflection_proxy")
TOGETHER = 4  # asked in one question
BESIDE = {
    *("channel_transition_rate" + variant for variant in ("", "@by_mode", "@by_solution", "@same_intent",
      "@same_intent_by_mode", "@same_intent_by_solution")),
    "unique_contacting_customers", "first_contact_resolution@declared",
}  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("people"))
    rows = random_rows(random.Random(20260329), 1800)
    bench.workspace(WORKSPACE.format(columns=written(bench.folder, rows)))
    bench.call("run")
    return bench


@pytest.fixture(scope="module")
def world(bench: Workbench) -> World:
    rows = random_rows(random.Random(20260329), 1800)
    PEOPLE.clear()
    for row in sorted(rows, key=lambda row: (row.started_at, row.interaction_id)):
        if row.who:
            PEOPLE[row.who].append(row)
    with duckdb.connect() as con:
        con.execute(f"attach '{bench.folder / '.omnictl' / 'store.duckdb'}' as store (read_only)")
        ((until,),) = con.execute("select watermark from store.sources").fetchall()
    return World(rows, min(row.started_at for row in rows), until)


@pytest.fixture(scope="module")
def by_hand(world: World) -> dict[str, dict[Cut, Figure]]:
    return _hands(world)


@pytest.fixture(scope="module")
def compiled(bench: Workbench) -> dict[str, dict[Cut, Figure]]:
    found: dict[str, dict[Cut, Figure]] = {}
    for number, address in enumerate(ADDRESSES):
        if number % TOGETHER == 0:
            asked = ADDRESSES[number : number + TOGETHER]
            rows = bench.rows("kpi", "query", *asked, "--by", "channel", "--total", "--parts")
        out = [f"{address}_{name}" for name in ("unknown", "immature", "unidentified")]
        found[address] = {
            (row["channel"], row["total"]): (
                float(row[f"{address}_numerator"] or 0),
                float(row[f"{address}_denominator"] or 0),
                sum(row.get(name) or 0 for name in out),
            )
            for row in rows
        }
    return found


@pytest.mark.parametrize("address", ADDRESSES)
def test_equals_the_figure_by_hand(
    address: str, compiled: dict[str, dict[Cut, Figure]], by_hand: dict[str, dict[Cut, Figure]]
) -> None:
    expected = by_hand[address]
    assert expected[None, True][0] > 0, "the random rows say nothing of this KPI"
    nothing = (0.0, 0.0, 0)
    for cut in {*expected, *compiled[address]}:
        assert compiled[address].get(cut, nothing) == pytest.approx(expected.get(cut, nothing)), cut


def test_declared_resolution_by_hand(bench: Workbench, world: World) -> None:
    (row,) = bench.rows("kpi", "query", "first_contact_resolution@declared", "--parts")
    above, below, _ = _resolution(world, declared=True)[None, True]
    address = "first_contact_resolution@declared"
    assert below > 0
    assert (row[f"{address}_numerator"], row[f"{address}_denominator"]) == (above, below)


def test_transitions_by_hand(bench: Workbench, world: World) -> None:
    expected: Counter[tuple[str, str | None]] = Counter()
    for row in world.rows:
        if row.inbound and row.who and J7.seen(row, world, back=False):
            other = nearest(row, anything)
            ahead = other.channel if other is not None and J7.holds(row, other) else None
            expected[row.channel, ahead] += 1
    rows = bench.rows("journey", "matrix")
    assert {(row["channel"], row["next_channel"]): row["interactions"] for row in rows} == dict(expected)


@pytest.mark.parametrize(
    ("options", "address", "fits", "own", "other"),
    [
        (("--by", "mode"), "@by_mode", anything, "mode", "mode"),
        (("--by", "solution"), "@by_solution", anything, "channel", "channel"),
        (("--intent", "same"), "@same_intent", SAME_INTENT, "channel", "channel"),
        (("--intent", "same", "--by", "mode"), "@same_intent_by_mode", SAME_INTENT, "mode", "mode"),
        (("--intent", "same", "--by", "solution"), "@same_intent_by_solution", SAME_INTENT, "channel", "channel"),
    ],
)
def test_other_matrices_by_hand(
    bench: Workbench, world: World, options: tuple[str, ...], address: str, fits: Fits, own: str, other: str
) -> None:
    """The rows have no solutions, so that a matrix of solutions is one of channels."""

    def place(row: Row, what: str) -> str:
        return row.channel if what == "channel" else "assisted" if row.channel in ASSISTED else "self_service"

    expected: Counter[tuple[str, str | None]] = Counter()
    for row in world.rows:
        known = row.inbound and row.who and (row.intent or fits is anything)
        if known and J7.seen(row, world, back=False):
            found = nearest(row, fits)
            ahead = place(found, other) if found is not None and J7.holds(row, found) else None
            expected[place(row, own), ahead] += 1
    rows = bench.rows("journey", "matrix", *options)
    assert {(row[own], row[f"next_{other}"]): row["interactions"] for row in rows if row["of"]} == dict(expected)
    for left in {left for left, _ in expected}:
        shares = [row["share"] for row in rows if row[own] == left and row["of"]]
        assert sum(shares) == pytest.approx(1)
    family = "next_contact_same_intent" if fits is SAME_INTENT else "next"
    cuts = ("channel.mode",) if own == "mode" else ("channel", "solution") if "solution" in address else ("channel",)
    asked = bench.rows("kpi", "query", f"channel_transition_rate{address}", "--by", ",".join(cuts), "--long")
    assert {row["next_" + other] for row in rows} >= {row[f"{family}_{other}"] for row in asked if row["numerator"]}
    assert sum(row["numerator"] or 0 for row in asked) == sum(expected.values())


def product_limit(
    rows: list[Row], world: World, windows: list[Window], fits: Fits, *, back: bool = False
) -> list[tuple[int, int, float]]:
    """At each window's end: how many are observed so long and not followed before, how many are then, and the share
    followed by then. Each window is the next day, or the next hour."""
    survival, found = 1.0, []
    others = {id(row): nearest(row, fits, back=back) for row in rows}

    def inside(row: Row, window: Window) -> bool:
        other = others[id(row)]
        return other is not None and (window.holds(other, row) if back else window.holds(row, other))

    for number, window in enumerate(windows):
        open_ = [row for row in rows if not number or not inside(row, windows[number - 1])]
        at_risk = [row for row in open_ if window.seen(row, world, back=back)]
        events = sum(inside(row, window) for row in at_risk)
        survival *= 1 - events / len(at_risk)
        found.append((len(at_risk), events, 1 - survival))
    return found


@pytest.mark.parametrize(
    ("options", "fits", "back"),
    [
        ((), contacts, False),
        (("--intent", "same"), SAME_INTENT, False),
        (("--then", "phone"), phone, False),
        (("--backward",), contacts, True),
        (("--within", "36h"), contacts, False),
    ],
)
def test_curves_by_hand(bench: Workbench, world: World, options: tuple[str, ...], fits: Fits, back: bool) -> None:
    hours = "36h" in options
    windows = [Window(hours=hour) for hour in range(37)] if hours else [Window(days=day) for day in range(31)]
    judged = [
        row
        for row in world.rows
        if row.inbound and row.who and (row.intent or fits is not SAME_INTENT)
        and (row.contact and row.parent_kind in ("", "within") if back else row.channel in ASSISTED and row.handled)
    ]  # fmt: skip
    expected = product_limit(judged, world, windows, fits, back=back)
    told = bench.rows("journey", "repeat", "--curve", *options)
    assert [(row["at_risk"], row["followed"]) for row in told] == [each[:2] for each in expected]
    assert [row["share"] for row in told] == pytest.approx([each[2] for each in expected])
    assert all(row["low"] < row["share"] < row["high"] for row in told if row["followed"])
    phones = [row for row in judged if row.channel == "phone"]
    by = bench.rows("journey", "repeat", "--curve", *options, "--by", "channel", "--total")
    expected = product_limit(phones, world, windows, fits, back=back)
    assert [row["share"] for row in by if row["channel"] == "phone"] == pytest.approx([each[2] for each in expected])
    assert [row["share"] for row in by if row["total"]] == [row["share"] for row in told]


@pytest.mark.parametrize("address", sorted(PERCENTILES))
def test_percentiles_by_hand(bench: Workbench, world: World, address: str) -> None:
    (row,) = bench.rows("kpi", "query", address)
    values = sorted(PERCENTILES[address][1](world))
    place = PERCENTILES[address][0] * (len(values) - 1)
    low = int(place)
    expected = values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])
    assert row[address] == pytest.approx(expected)


def test_unique_customers_by_hand(bench: Workbench, world: World) -> None:
    seen: dict[str | None, set[str]] = defaultdict(set)
    for row in world.rows:
        if row.contact and row.inbound and row.parent_kind in ("", "within") and row.who:
            seen[row.channel].add(row.who)
            seen[None].add(row.who)
    rows = bench.rows("kpi", "query", "unique_contacting_customers", "--by", "channel", "--total")
    told = {row["channel"]: row["unique_contacting_customers"] for row in rows}
    assert {channel: count for channel, count in told.items() if count} == {key: len(who) for key, who in seen.items()}


@pytest.mark.parametrize(
    "options", [(), ("--then", "phone", "--intent", "same"), ("--after", "web", "--then", "phone")]
)
def test_the_list_holds_as_many_as_the_figure_counts(bench: Workbench, options: tuple[str, ...]) -> None:
    (told,) = bench.rows("journey", "repeat", *options, "--within", "J+7")
    listed = bench.rows("journey", "repeat", *options, "--within", "J+7", "--list", "--limit", "all")
    assert len(listed) == told["numerator"] > 0
    assert len({row["interaction_id"] for row in listed}) == len(listed)


AT_ONCE = {"chat_concurrency@any_channel", "chat_concurrency@of_the_queue_any_channel"}  # test_concurrency_by_hand.py


def test_every_kpi_of_people_and_variant_is_checked() -> None:
    shipped = set()
    families = (
        "journeys/*",
        "chat/chat_concurrency",
        "volume/identification_rate",
        "volume/unique_contacting_customers",
    )
    for path in (path for family in families for path in SHIPPED.glob(f"{family}.yml")):
        kpi = yaml.safe_load(path.read_text(encoding="utf-8"))
        shipped |= {kpi["kpi"], *(f"{kpi['kpi']}@{variant}" for variant in kpi.get("variants", {}))}
    told = {address.partition(":")[0] for address in (*ADDRESSES, *BESIDE, *PERCENTILES)} | AT_ONCE
    assert shipped == {address for address in told if address.partition("@")[0] not in SELF_SERVICE}
    for path in (SHIPPED / "selfcare" / f"{name}.yml" for name in SELF_SERVICE):
        kpi = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert {kpi["kpi"], *(f"{kpi['kpi']}@{variant}" for variant in kpi["variants"])} <= told
