"""What follows on any channel and in chains, against a search through all rows; and against the stored follow-ups."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import duckdb
import pytest
from building import PARIS, Row, built, local, related, repeated_by
from hypothesis import given, settings
from hypothesis import strategies as st
from portable import faults

from omnictl.build.clock import Clock
from omnictl.build.feeds import read_feeds
from omnictl.errors import Place
from omnictl.glossary.window import Window, window_of
from omnictl.glossary.written import Written
from omnictl.journeys.after.chain import Chain
from omnictl.journeys.after.then import Then, then_of
from omnictl.referential import Referential
from omnictl.relations import RELATIONS
from omnictl.relations.followups import FOLLOWUPS
from omnictl.zone import zone_of

START = datetime(2026, 3, 27, 12, 0)  # two days before the clocks go forward
END = START + timedelta(days=6)
CHANNELS = ("web", "faq", "phone", "chat", "ivr", "form")


def then(name: str) -> Then:
    return then_of(name, Referential().channels, CHANNELS)


def window(text: str) -> Window:
    found = window_of(Written(text, Place("x")))
    assert found is not None
    return found


def chain(con: object, names: tuple[str, ...], text: str, *, same: bool = False) -> Chain:
    clock = Clock.of(zone_of(PARIS), START, END)
    return Chain([then(name) for name in names], same, window(text), clock, read_feeds(con, ()))  # type: ignore[arg-type]


@st.composite
def people(draw: st.DrawFn) -> list[Row]:
    """Rows of three people and nobody, close together: doubles, relatives, overlaps, ends before the start."""
    rows: list[Row] = []
    for number in range(draw(st.integers(2, 14))):
        start = START + timedelta(seconds=draw(st.sampled_from((0, 30, 60, 61, 3600, 7200))) * draw(st.integers(0, 40)))
        length = draw(st.sampled_from((None, -60, 0, 300, 7200)))
        parent = draw(st.sampled_from(["", *(row.id for row in rows)])) if draw(st.integers(0, 2)) == 0 else ""
        rows.append(
            Row(
                id=f"i{number:02}",
                person=draw(st.sampled_from((1, 1, 2, None))),
                channel=draw(st.sampled_from(CHANNELS)),
                start=start,
                end=None if length is None else start + timedelta(seconds=length),
                intent=draw(st.sampled_from(("bill", "move", None))),
                direction=draw(st.sampled_from(("inbound", "inbound", "inbound", "outbound"))),
                excluded=draw(st.sampled_from(("", "", "", "", "robot"))),
                parent=parent or None,
            )
        )
    return rows


def meets(row: Row, link: Then, repeats: dict[tuple[str, str], Row]) -> bool:
    fresh = row.kind == "contact" and row.direction == "inbound" and (row.source, row.id) not in repeats
    kinds = (link.contacts and fresh) or (link.visits and row.kind == "visit")
    return kinds and (link.channels is None or row.channel in link.channels)


def soon(row: Row, other: Row, within: Window) -> bool:
    overlap = other.start < row.until
    if within.days is not None:
        return overlap or (local(other.start, PARIS) - local(row.until, PARIS)).days <= within.days
    return overlap or (other.start - row.until).total_seconds() <= float(within.seconds or 0)


def followed(row: Row, rows: list[Row], links: list[Then], within: Window, same: bool) -> bool:
    """Whether the links come one after the other, each soon after the one before."""
    if not links:
        return True
    repeats = repeated_by(rows)
    return any(
        soon(row, other, within) and followed(other, rows, links[1:], within, same)
        for other in rows
        if other.counted
        and other.person == row.person
        and other.order > row.order
        and meets(other, links[0], repeats)
        and not related(row, other)
        and (not same or (other.intent is not None and other.intent == row.intent))
    )


def stored(rows: list[Row]) -> duckdb.DuckDBPyConnection:
    """A database with what a chain reads: of followups the order of each person's interactions."""
    con = duckdb.connect(":memory:", config={"threads": 1})
    for relation in (RELATIONS["interactions"], RELATIONS["identities"], FOLLOWUPS):
        columns = ", ".join(f'"{column.name}" {column.type}' for column in relation.columns)
        con.execute(f"create table {relation.name} ({columns})")
    con.execute("create table sources (source varchar, watermark timestamp, until date)")
    con.execute("insert into sources values ('s', ?, null)", [END])
    order = sorted((row for row in rows if row.person is not None), key=lambda row: (row.person, *row.order))
    for key, row in [*enumerate(order, 1), *((None, row) for row in rows if row.person is None)]:
        cells = {
            **{"source": "s", "interaction_id": row.id, "kind": row.kind, "channel": row.channel},
            **{"direction": row.direction, "excluded": row.excluded, "started_at": row.start, "ended_at": row.end},
            **{"intent": row.intent, "parent_source": "s" if row.parent else None, "parent_id": row.parent},
        }
        marks = ", ".join("?" * len(cells))
        con.execute(f"insert into interactions ({', '.join(cells)}) values ({marks})", list(cells.values()))
        con.execute(
            "insert into identities (source, interaction_id, person_id) values ('s', ?, ?)", [row.id, row.person]
        )
        sql = "insert into followups (source, interaction_id, key, person_id) values ('s', ?, ?, ?)"
        con.execute(sql, [row.id, key, row.person])
    return con


@settings(max_examples=15, deadline=None)
@given(
    people(),
    st.lists(st.sampled_from(("phone", "web", "chat", "visit", "contact", "assisted", "form")), min_size=1, max_size=3),
    st.sampled_from(("intra-day", "J+1", "30min", "2h")),
    st.booleans(),
)
def test_a_chain_is_what_a_search_finds(rows: list[Row], names: list[str], text: str, same: bool) -> None:
    con = stored(rows)
    asked = chain(con, tuple(names), text, same=same)
    within = asked.window
    inside = (
        f"next_contact_days <= {within.days}" if within.days is not None else f"next_contact_gap_s <= {within.seconds}"
    )
    sql = f"with {asked.followups('next_contact')} select interaction_id, coalesce({inside}, false) from followups"
    found = dict(con.execute(sql).fetchall())
    links = [then(name) for name in names]
    expected = {row.id: row.counted and followed(row, rows, links, within, same) for row in rows}
    assert found == expected


@pytest.fixture(scope="module")
def built_once() -> duckdb.DuckDBPyConnection:
    """Sixty people of ten interactions each, and what the build makes of them."""
    chance, rows = random.Random(20260327), list[Row]()
    for number in range(600):
        start = START + timedelta(seconds=chance.choice((0, 30, 60, 61, 3600, 7200)) * chance.randrange(41))
        length, parent = chance.choice((None, -60, 0, 300, 7200)), chance.choice((None, None, f"i{number - 1:03}"))
        rows.append(
            Row(
                f"i{number:03}", number // 10, chance.choice(CHANNELS), start,
                None if length is None else start + timedelta(seconds=length),
                chance.choice(("bill", "move", None)), excluded=chance.choice(("", "", "", "robot")), parent=parent,
            )
        )  # fmt: skip
    return built(rows, watermarks={"s": END})


@pytest.mark.parametrize(("name", "same"), [("phone", False), ("phone", True), ("visit", False), ("contact", True)])
def test_one_link_is_the_family_that_is_stored(built_once: duckdb.DuckDBPyConnection, name: str, same: bool) -> None:
    family = then(name).family(same)
    assert family is not None
    asked = chain(built_once, (name,), "2h", same=same)
    columns = ("key", "gap_s", "days", "overlap", "observed_s", "observed_days")
    names = ", ".join(f"{family}_{each}" for each in columns)
    told = built_once.execute(f"select interaction_id, {names} from followups order by interaction_id").fetchall()
    found = built_once.execute(
        f"with {asked.followups(family)} select interaction_id, {names} from followups order by interaction_id"
    )
    assert found.fetchall() == told


def test_a_chain_is_observed_when_its_windows_one_after_the_other_are() -> None:
    """A contact that ended 25 hours before the end of the data: one window of 24 hours is over, two are not."""
    ended = END - timedelta(hours=25)
    con = stored([Row("a", 1, "phone", ended, ended), Row("b", 1, "web", ended + timedelta(hours=1))])
    told = []
    for names in (("web",), ("web", "phone")):
        sql = f"with {chain(con, names, '24h').followups('next_contact')} select next_contact_observed_s from followups"
        told.append(con.execute(f"{sql} where interaction_id = 'a'").fetchall())
    assert told == [[(25 * 3600,)], [(3600,)]]


@pytest.mark.parametrize("same", [False, True])
def test_its_sql_is_portable(same: bool) -> None:
    con = stored([Row("a", 1, "phone", START), Row("b", 1, "web", START)])
    for text in ("J+1", "2h"):
        sql = chain(con, ("web", "phone"), text, same=same).followups("next_contact")
        assert faults(f"with {sql} select * from followups") == []
