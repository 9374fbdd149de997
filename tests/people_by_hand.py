"""People, their contacts and visits, and what followed what, told row by row in plain Python around a clock change.

It shares nothing with the glossary, the compiler or `build`; tests of KPIs put it beside their figures.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

PARIS = ZoneInfo("Europe/Paris")
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
    action: str
    transfers: int | None
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


def random_rows(draw: random.Random, count: int) -> list[Row]:
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
                outcome=draw.choice(
                    ["handled"] * 5 + ["abandoned", "self_served", "self_served", "dropped", "escalated", ""]
                ),
                answered_at=begun + length // 10 if draw.random() < 0.7 else None,
                resolved=draw.choice(["true", "false", "", ""]),
                agent=draw.choice(["ana", "bob", ""]),
                queue=draw.choice(["help", "sales", ""]),
                action=draw.choice(["pay", "", ""]),
                transfers=draw.choice([0, 0, 0, 1, 2, None]),
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


def written(folder: Path, rows: Iterable[Row]) -> str:
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


def day_of(instant: datetime) -> datetime:
    """Local midnight before an instant, as a naive local time."""
    local = instant.replace(tzinfo=UTC).astimezone(PARIS)
    return datetime(local.year, local.month, local.day)


def instant_of(local: datetime) -> datetime:
    return local.replace(tzinfo=PARIS).astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Window:
    days: int | None = None
    hours: int | None = None

    def holds(self, earlier: Row, later: Row) -> bool:
        if self.days is not None:
            return day_of(later.started_at) - day_of(earlier.end) <= timedelta(days=self.days)
        return later.started_at - earlier.end <= timedelta(hours=self.hours or 0)

    def seen(self, row: Row, world: World, *, back: bool) -> bool:
        """Whether the whole window lies inside the data."""
        if back and self.days is not None:
            return instant_of(day_of(row.started_at) - timedelta(days=self.days)) >= world.since
        if back:
            return row.started_at - timedelta(hours=self.hours or 0) >= world.since
        if self.days is not None:
            return instant_of(day_of(row.end) + timedelta(days=self.days + 1)) <= world.until
        return row.end + timedelta(hours=self.hours or 0) <= world.until


J7, DAY, J0, J3 = Window(days=7), Window(hours=24), Window(days=0), Window(days=3)


def follows(row: Row, window: Window, fits: Fits, *, back: bool = False) -> bool:
    other = nearest(row, fits, back=back)
    if other is None:
        return False
    return window.holds(other, row) if back else window.holds(row, other)


Figure = tuple[float, float, int]  # numerator, denominator, rows left out
Cut = tuple[str | None, bool]


def counted(judged: Iterable[tuple[str, float | None, float | None]]) -> dict[Cut, Figure]:
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


SAME_INTENT = same(contacts, "intent")
ON_SAME, BOTH = same(contacts, "channel"), same(contacts, "channel", "intent")
CONTACTS = tuple(dict.fromkeys(channel for channel in (*CHANNELS, *ASSISTED) if channel not in VISITS))


def needs_of(world: World, *, assisted: bool) -> Iterator[tuple[list[Row], bool]]:
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


def settled(chain: list[Row]) -> float | None:
    if len(chain) > 1:
        return 0.0
    if not chain[0].outcome:
        return 0.0 if chain[0].resolved == "false" else None
    return float(chain[0].outcome in ("handled", "self_served") and chain[0].resolved != "false")
