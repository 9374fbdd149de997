"""The KPIs of people, journeys and open conversations against plain Python, on random people around a clock change.

The Python side goes over a person's rows one by one. It shares nothing with the glossary, the compiler or `build`, and
takes from the store only up to when its source is complete.
"""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
import yaml
from workbench import Workbench

PARIS = ZoneInfo("Europe/Paris")
SHIPPED = Path(__file__).parents[2] / "kpis"
VISITS = ("web", "app", "faq")
LATER = ("email", "social", "messaging", "sms", "mail")
ASSISTED = ("phone", "video", "chat", "callback", "agency", *LATER)
CHANNELS = ("phone", "phone", "phone", "ivr", "chat", "chat", "email", "messaging", "form", "chatbot", *VISITS, "web")
SILENCE = timedelta(days=7)
WORKSPACE = """\
workspace: random
timezone: Europe/Paris
country: FR
sources:
  tool:
    connector: table
    timezone: UTC
    path: rows.csv
    columns: {columns}
    identifiers: {{customer_id: person, cookie: cookie}}
identity: {{link_on: [customer_id, cookie]}}
"""


@dataclass(eq=False)
class Row:
    """One contact or visit. Times are naive UTC."""

    interaction_id: str
    person: str
    cookie: str
    channel: str
    direction: str
    excluded: str
    intent: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    answered_at: datetime | None
    resolved: str
    agent: str
    queue: str
    parent_id: str = ""
    parent_kind: str = ""
    kin: set[str] = field(default_factory=set)
    repeats: bool = False

    @property
    def who(self) -> str:
        return self.person or self.cookie

    @property
    def end(self) -> datetime:
        return self.ended_at or self.started_at

    @property
    def contact(self) -> bool:
        return self.channel not in VISITS

    @property
    def inbound(self) -> bool:
        return self.direction == "inbound" and not self.excluded

    @property
    def handled(self) -> bool | None:
        """None when nobody said how it ended."""
        if self.channel in LATER:
            return self.outcome == "handled" or self.answered_at is not None
        return self.outcome == "handled" if self.outcome else None


def _rows(draw: random.Random, count: int) -> list[Row]:
    people = [f"p{number}" for number in range(count // 9)]
    found: list[Row] = []
    for number in range(count):
        begun = datetime(2026, 3, 2, 8) + timedelta(minutes=7 * draw.randrange(56 * 24 * 60 // 7), seconds=number % 60)
        channel = draw.choice(CHANNELS)
        person = draw.choice(people) if draw.random() < 0.85 else ""
        kind = draw.random()
        length = timedelta(seconds=10 * draw.randrange(3, 720))
        found.append(
            Row(
                interaction_id=f"i{number}",
                person=person if kind < 0.9 else "",
                cookie=person.replace("p", "c") if person and kind >= 0.9 else "",
                channel=channel,
                direction=draw.choice(["inbound"] * 9 + ["outbound"]),
                excluded=draw.choice([""] * 12 + ["test"]),
                intent=draw.choice(["bill", "bill", "move", "pay", ""]),
                started_at=begun,
                ended_at=begun + length if draw.random() < 0.85 else None,
                outcome=draw.choice(["handled"] * 5 + ["abandoned", "self_served", "dropped", ""]),
                answered_at=begun + length // 10 if draw.random() < 0.7 else None,
                resolved=draw.choice(["true", "false", "", ""]),
                agent=draw.choice(["ana", "bob", ""]),
                queue=draw.choice(["help", "sales", ""]),
            )
        )
    return found + list(_kin(draw, found))


def _kin(draw: random.Random, rows: list[Row]) -> Iterator[Row]:
    """Children of some rows, and contacts made twice within a minute."""
    for number, row in enumerate(draw.sample(rows, len(rows) // 8)):
        twin = draw.random() < 0.5 and row.contact and row.inbound and row.intent and row.person
        begun = row.started_at + timedelta(seconds=40) if twin else row.end + timedelta(minutes=draw.randrange(1, 90))
        child = Row(
            **{
                **{name: getattr(row, name) for name in Row.__dataclass_fields__ if name not in ("kin", "repeats")},
                "interaction_id": f"k{number}",
                "started_at": begun,
                "ended_at": begun + timedelta(minutes=5),
                "answered_at": begun,
            }
        )
        child.kin = {row.interaction_id}
        if twin:
            child.parent_id = child.parent_kind = ""
            child.repeats = True
        else:
            row.kin.add(child.interaction_id)
            child.channel = draw.choice(["chat", "phone", "email"])
            child.parent_id = row.interaction_id
            child.parent_kind = draw.choice(["escalation", "within", "answer"])
        yield child


def _write(folder: Path, rows: Iterable[Row]) -> str:
    names = [name for name in Row.__dataclass_fields__ if name not in ("kin", "repeats")]
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        for row in rows:
            writer.writerow("" if (cell := getattr(row, name)) is None else cell for name in names)
    columns = {
        name: f"strptime({name}, '%Y-%m-%d %H:%M:%S')" if name.endswith("_at") else name
        for name in names
        if name not in ("person", "cookie")
    }
    columns["parent_source"] = "case when parent_id <> '' then 'tool' end"
    return yaml.safe_dump(columns, default_flow_style=True, width=10_000).strip()


@dataclass(frozen=True)
class World:
    """The rows, what of each person in order, and between which instants the data is whole."""

    rows: list[Row]
    since: datetime
    until: datetime

    def of(self, row: Row) -> list[Row]:
        """What the row's person did, in order; its own place is where it stands."""
        return self.people[row.who]

    @property
    def people(self) -> dict[str, list[Row]]:
        return PEOPLE


PEOPLE: dict[str, list[Row]] = defaultdict(list)
Fits = Callable[[Row, Row], bool]


def contacts(_: Row, other: Row) -> bool:
    return other.contact and other.inbound and not other.repeats


def phone(row: Row, other: Row) -> bool:
    return contacts(row, other) and other.channel in ("phone", "ivr")


def visits(_: Row, other: Row) -> bool:
    return not other.contact


def anything(_: Row, __: Row) -> bool:
    return True


def same(fits: Fits, *names: str) -> Fits:
    """The same on both sides; what is not known is the same as nothing."""
    return lambda row, other: (
        fits(row, other) and all(getattr(row, name) and getattr(row, name) == getattr(other, name) for name in names)
    )


def nearest(row: Row, fits: Fits, *, back: bool = False) -> Row | None:
    theirs = PEOPLE[row.who]
    place = theirs.index(row)
    others = reversed(theirs[:place]) if back else iter(theirs[place + 1 :])
    return next((o for o in others if not o.excluded and o.interaction_id not in row.kin and fits(row, o)), None)


def _day(instant: datetime) -> datetime:
    """Local midnight before an instant, as a naive local time."""
    local = instant.replace(tzinfo=UTC).astimezone(PARIS)
    return datetime(local.year, local.month, local.day)


def _instant(local: datetime) -> datetime:
    return local.replace(tzinfo=PARIS).astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Window:
    days: int | None = None
    hours: int | None = None

    def holds(self, earlier: Row, later: Row) -> bool:
        if self.days is not None:
            return _day(later.started_at) - _day(earlier.end) <= timedelta(days=self.days)
        return later.started_at - earlier.end <= timedelta(hours=self.hours or 0)

    def seen(self, row: Row, world: World, *, back: bool) -> bool:
        """Whether the whole window lies inside the data."""
        if back and self.days is not None:
            return _instant(_day(row.started_at) - timedelta(days=self.days)) >= world.since
        if back:
            return row.started_at - timedelta(hours=self.hours or 0) >= world.since
        if self.days is not None:
            return _instant(_day(row.end) + timedelta(days=self.days + 1)) <= world.until
        return row.end + timedelta(hours=self.hours or 0) <= world.until


J7, DAY, J0, J3 = Window(days=7), Window(hours=24), Window(days=0), Window(days=3)


def follows(row: Row, window: Window, fits: Fits, *, back: bool = False) -> bool:
    other = nearest(row, fits, back=back)
    if other is None:
        return False
    return window.holds(other, row) if back else window.holds(row, other)


Figure = tuple[float, float, int]  # numerator, denominator, rows left out
Cut = tuple[str | None, bool]


def _counted(judged: Iterable[tuple[str, float | None, float | None]]) -> dict[Cut, Figure]:
    """Sums by channel and over all; a row whose numerator is None is left out."""
    sums: dict[Cut, list[float]] = defaultdict(lambda: [0, 0, 0])
    for channel, above, below in judged:
        for cut in ((channel, False), (None, True)):
            if above is None or below is None:
                sums[cut][2] += 1
            else:
                sums[cut][0] += above
                sums[cut][1] += below
    return {cut: (above, below, int(out)) for cut, (above, below, out) in sums.items()}


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

    def of(self, world: World) -> dict[Cut, Figure]:
        return _counted((row.channel, *self._judged(row, world)) for row in world.rows if self._asked(row))

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
        return float(follows(row, self.window, self.fits, back=self.back)), 1.0


SAME_INTENT = same(contacts, "intent")
ON_SAME, BOTH = same(contacts, "channel"), same(contacts, "channel", "intent")
CONTACTS = tuple(dict.fromkeys(channel for channel in (*CHANNELS, *ASSISTED) if channel not in VISITS))


def _shares() -> dict[str, Followed]:
    back = {"back": True, "handled": False, "received": True, "channels": CONTACTS}
    web = {"window": DAY, "handled": False, "channels": VISITS}
    return {
        "reiteration_rate": Followed(contacts),
        "reiteration_rate:window=intra-day": Followed(contacts, J0),
        "reiteration_rate:window=J+3": Followed(contacts, J3),
        "reiteration_rate:window=24h": Followed(contacts, DAY),
        "reiteration_rate@as_seen": Followed(contacts, as_seen=True),
        "reiteration_rate@same_intent": Followed(SAME_INTENT, with_intent=True),
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
        "web_rebound_rate": Followed(visits, DAY),
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

    return _counted(judged())


def _needs(world: World, *, assisted: bool) -> Iterator[tuple[list[Row], bool]]:
    """Each chain, and whether the silence after it is over."""
    chains: dict[tuple[str, str], list[list[Row]]] = defaultdict(list)
    for theirs in PEOPLE.values():
        for row in theirs:
            if not row.inbound or not row.intent or (assisted and row.channel not in ASSISTED):
                continue
            known = chains[row.who, row.intent]
            if not known or row.started_at > max(each.end for each in known[-1]) + SILENCE:
                known.append([])
            known[-1].append(row)
    for known in chains.values():
        for chain in known:
            yield chain, max(row.end for row in chain) + SILENCE <= world.until


def _settled(chain: list[Row]) -> float | None:
    if len(chain) > 1:
        return 0.0
    if not chain[0].outcome:
        return 0.0 if chain[0].resolved == "false" else None
    return float(chain[0].outcome in ("handled", "self_served") and chain[0].resolved != "false")


def _chains(world: World, *, assisted: bool, lengths: bool) -> dict[Cut, Figure]:
    return _counted(
        (chain[0].channel, None if not closed else float(len(chain)) if lengths else _settled(chain), 1.0)
        for chain, closed in _needs(world, assisted=assisted)
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
    return _counted(judged)


def _known(world: World, *, cookies: bool = True, assisted: bool = False) -> dict[Cut, Figure]:
    return _counted(
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
    found["chat_concurrency"] = _concurrency(world, "agent")
    found["chat_concurrency@of_the_queue"] = _concurrency(world, "queue")
    return found


ADDRESSES = (
    *_shares(), "first_contact_resolution", "first_interaction_resolution", "first_interaction_resolution@assisted",
    "chain_length", "chain_length@assisted", "identification_rate", "identification_rate@assisted",
    "identification_rate@beyond_cookies", "chat_concurrency", "chat_concurrency@of_the_queue",
)  # fmt: skip
TOGETHER = 4  # asked in one question
BESIDE = {"channel_transition_rate", "unique_contacting_customers", "first_contact_resolution@declared"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("people"))
    rows = _rows(random.Random(20260329), 1800)
    bench.workspace(WORKSPACE.format(columns=_write(bench.folder, rows)))
    bench.call("run")
    return bench


@pytest.fixture(scope="module")
def world(bench: Workbench) -> World:
    rows = _rows(random.Random(20260329), 1800)
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
    assert shipped == {address.partition(":")[0] for address in ADDRESSES} | BESIDE
