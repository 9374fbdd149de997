"""Interactions with people in a database in memory, and what the build makes of them; and the same by brute force.

The brute force follows the definitions sentence by sentence, row by row, and shares no code with the build.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from omnictl.build import derive
from omnictl.ingest.schema import make_tables
from omnictl.referential import Referential
from omnictl.relations.column import CHANNELS
from omnictl.relations.families import FAMILIES, Family

WEEK = timedelta(days=7)
PARIS = "Europe/Paris"


@dataclass
class Row:
    """One interaction and its person."""

    id: str
    person: int | None
    channel: str
    start: datetime
    end: datetime | None = None
    intent: str | None = None
    source: str = "s"
    direction: str = "inbound"
    excluded: str = ""
    outcome: str | None = "handled"
    solution: str | None = None
    parent: str | None = None
    parent_source: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return CHANNELS.get(self.channel, ("", "contact"))[1]

    @property
    def until(self) -> datetime:
        return self.end if self.end is not None and self.end >= self.start else self.start

    @property
    def order(self) -> tuple[Any, ...]:
        return (self.start, self.source, self.id)

    @property
    def counted(self) -> bool:
        return self.person is not None and self.excluded == ""


def at(text: str, zone: str = "UTC") -> datetime:
    """The instant (naive UTC) of a local time such as `2026-03-02 09:00`."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def built(
    rows: Iterable[Row],
    *,
    watermarks: Mapping[str, datetime] | None = None,
    retired: Mapping[str, date] | None = None,
    segments: Iterable[Mapping[str, Any]] = (),
    candidates: Iterable[tuple[Row, int, float]] = (),
    silence: timedelta = WEEK,
    timezone: str = PARIS,
    referential: Referential | None = None,
) -> duckdb.DuckDBPyConnection:
    """A database with what is built of rows. A source is complete up to its newest start unless `watermarks` says.

    `candidates`: rows, a person each may be of, and how likely that is.
    """
    con = loaded(rows, watermarks=watermarks, retired=retired, segments=segments, candidates=candidates)
    derive(con, timezone=timezone, silence=silence, referential=referential or Referential())
    return con


def loaded(rows: Iterable[Row], **known: Any) -> duckdb.DuckDBPyConnection:
    """A database in which nothing has been built yet; `known` as of `load`."""
    con = duckdb.connect(":memory:", config={"threads": 2})
    con.execute("set disabled_optimizers = 'common_subexpressions'")
    make_tables(con)
    load(con, rows, **known)
    return con


def load(
    con: duckdb.DuckDBPyConnection,
    rows: Iterable[Row],
    *,
    watermarks: Mapping[str, datetime] | None = None,
    retired: Mapping[str, date] | None = None,
    segments: Iterable[Mapping[str, Any]] = (),
    candidates: Iterable[tuple[Row, int, float]] = (),
) -> None:
    """Put rows, and what is known of their sources, in the place of those that are there."""
    rows = list(rows)
    interactions, identities = [], []
    for row in rows:
        cells = {
            "source": row.source,
            "interaction_id": row.id,
            "kind": row.kind,
            "channel": row.channel,
            "direction": row.direction,
            "excluded": row.excluded,
            "started_at": row.start,
            "ended_at": row.end,
            "intent": row.intent,
            "outcome": row.outcome,
            "solution": row.solution,
            "parent_source": row.parent_source or (row.source if row.parent else None),
            "parent_id": row.parent,
            **row.more,
        }
        interactions.append(cells)
        link = "none" if row.person is None else "certain"
        identities.append({"source": row.source, "interaction_id": row.id, "person_id": row.person, "link": link})
    sources = []
    for source in sorted({row.source for row in rows}):
        newest = max(row.start for row in rows if row.source == source)
        watermark = (watermarks or {}).get(source, newest)
        sources.append({"source": source, "watermark": watermark, "until": (retired or {}).get(source)})
    tables = {"interactions": interactions, "identities": identities, "segments": list(segments), "sources": sources}
    tables["candidates"] = [
        {"source": row.source, "interaction_id": row.id, "person_id": person, "probability": likely, "pattern": ""}
        for row, person, likely in candidates
    ]
    for table, cells_of in tables.items():
        con.execute(f"delete from {table}")
        _insert(con, table, cells_of)


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[Mapping[str, Any]]) -> None:
    if not rows:
        return
    columns = sorted({name for row in rows for name in row})
    names = ", ".join(f'"{name}"' for name in columns)
    marks = f"({', '.join('?' * len(columns))})"
    for first in range(0, len(rows), 1000):
        part = rows[first : first + 1000]
        cells = [row.get(name) for row in part for name in columns]
        con.execute(f"insert into {table} ({names}) values {', '.join([marks] * len(part))}", cells)


def regular(
    many: int, person: str, parent: str = "null", *, apart: int, begin: datetime, threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """A database of so many calls, one every `apart` seconds, in which nothing has been built yet.

    Args:
        person, parent: SQL over the number `n` of a call, which is called `i` and that number.
    """
    con = duckdb.connect(":memory:", config={"threads": threads})
    make_tables(con)
    con.execute(
        f"""
        insert into interactions (source, interaction_id, kind, channel, direction, excluded, started_at, ended_at,
            intent, outcome, parent_source, parent_id)
        select 's', 'i' || n, 'contact', 'phone', 'inbound', '', $begin + n * interval '{apart}' second,
            $begin + n * interval '{apart}' second + interval '5' second, 'bill', 'handled', 's', {parent}
        from range({many}) as r(n)
        """,
        {"begin": begin},
    )
    con.execute(f"insert into identities select 's', 'i' || n, {person}, 'certain', 'phone' from range({many}) as r(n)")
    con.execute("insert into sources (source, watermark) values ('s', $at)", {"at": begin + timedelta(days=900)})
    return con


def all_of(con: duckdb.DuckDBPyConnection, relation: str) -> list[dict[str, Any]]:
    """Its rows as mappings."""
    found = con.execute(f"from {relation}")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def in_pool(family: Family, row: Row) -> bool:
    if family.pool == "anything":
        return True
    if family.pool == "visits":
        return row.kind == "visit"
    contact = row.kind == "contact" and row.direction == "inbound"
    if family.pool == "assisted":
        return contact and CHANNELS[row.channel][0] == "assisted"
    return contact and (family.pool == "contacts" or row.channel in ("phone", "ivr"))


def repeated_by(rows: list[Row]) -> dict[tuple[str, str], Row]:
    """By duplicate: the first contact of those it repeats."""
    found: dict[tuple[str, str], Row] = {}
    last: dict[tuple[Any, ...], tuple[Row, Row]] = {}
    for row in sorted(rows, key=lambda row: row.order):
        if not row.counted or row.kind != "contact" or row.direction != "inbound":
            continue
        alike = (row.person, row.channel, row.intent)
        first = row
        if alike in last and row.start - last[alike][0].start <= timedelta(seconds=60):
            first = last[alike][1]
            found[row.source, row.id] = first
        last[alike] = (row, first)
    return found


def related(one: Row, other: Row) -> bool:
    def is_child(child: Row, parent: Row) -> bool:
        return child.parent == parent.id and (child.parent_source or child.source) == parent.source

    return is_child(one, other) or is_child(other, one)


def nearest(rows: list[Row], family: Family) -> dict[tuple[str, str], Row]:
    """What a family finds of each interaction, by looking at all the others."""
    repeats = repeated_by(rows)
    counted = sorted((row for row in rows if row.counted), key=lambda row: row.order)
    pool = [row for row in counted if in_pool(family, row)]
    if family.pool in ("contacts", "assisted", "phone"):
        pool = [row for row in pool if (row.source, row.id) not in repeats]
    found = {}
    for row in counted:
        of_person = [
            other
            for other in pool
            if other.person == row.person
            and all(
                getattr(other, name) is not None and getattr(other, name) == getattr(row, name) for name in family.same
            )
            and (not family.other or other.channel != row.channel)
            and not related(row, other)
            and other is not repeats.get((row.source, row.id))
        ]
        if family.back:
            before = [other for other in of_person if other.order < row.order]
            after = before[-1:]
        else:
            after = [other for other in of_person if other.order > row.order][:1]
        if after:
            found[row.source, row.id] = after[0]
    return found


def expected_followups(rows: list[Row], zone: str = PARIS) -> dict[tuple[str, str], dict[str, Any]]:
    """Of each interaction that counts: the key, gap, days, overlap and offer of each family's other."""
    of_people = sorted((row for row in rows if row.person is not None), key=lambda row: (row.person, *row.order))
    keys = {(row.source, row.id): number for number, row in enumerate(of_people, 1)}
    expected: dict[tuple[str, str], dict[str, Any]] = {
        (row.source, row.id): {"key": keys.get((row.source, row.id)), "person_id": row.person} for row in rows
    }
    for family in FAMILIES.values():
        found = nearest(rows, family)
        for row in rows:
            cells = expected[row.source, row.id]
            other = found.get((row.source, row.id))
            for name, value in _cells(row, other, family, keys, zone).items():
                cells[f"{family.name}_{name}"] = value
    return expected


def _cells(
    row: Row, other: Row | None, family: Family, keys: Mapping[tuple[str, str], int], zone: str
) -> dict[str, Any]:
    names = ("key", "gap_s", "days", "overlap", *family.shown)
    if other is None:
        return dict.fromkeys(names)
    earlier, later = (other, row) if family.back else (row, other)
    overlap = later.start < earlier.until
    cells: dict[str, Any] = {
        "key": keys[other.source, other.id],
        "gap_s": max(0.0, (later.start - earlier.until).total_seconds()),
        "days": 0 if overlap else (local(later.start, zone) - local(earlier.until, zone)).days,
        "overlap": overlap,
    }
    shown = {"channel": other.channel, "mode": CHANNELS[other.channel][0], "solution": other.solution}
    return cells | {name: shown[name] for name in family.shown}


def local(instant: datetime, zone: str) -> date:
    return instant.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date()


def expected_needs(rows: list[Row], silence: timedelta, watermark: datetime) -> dict[str, dict[str, Any]]:
    """Needs by id, by walking through each person's interactions."""
    needs: dict[str, dict[str, Any]] = {}
    for scope in ("all", "assisted"):
        chains: dict[tuple[Any, ...], list[list[Row]]] = {}
        for row in sorted(rows, key=lambda row: row.order):
            mode = CHANNELS[row.channel][0]
            if not row.counted or row.direction != "inbound" or row.intent is None:
                continue
            if scope == "assisted" and (row.kind != "contact" or mode != "assisted"):
                continue
            of_intent = chains.setdefault((row.person, row.intent), [])
            if of_intent and row.start - max(each.until for each in of_intent[-1]) <= silence:
                of_intent[-1].append(row)
            else:
                of_intent.append([row])
        for (person, intent), cut in chains.items():
            for chain in cut:
                need = _need(scope, person, intent, chain, silence, watermark)
                needs[need["need_id"]] = need
    return needs


def _need(
    scope: str, person: Any, intent: Any, chain: list[Row], silence: timedelta, watermark: datetime
) -> dict[str, Any]:
    first, last = chain[0], chain[-1]
    last_end = max(row.until for row in chain)
    channels = {row.channel for row in chain}
    good = None if last.outcome is None else last.outcome in ("handled", "self_served")
    if last.more.get("resolved") is False:
        good = False
    return {
        "need_id": f"{scope}/{first.source}/{first.id}",
        "scope": scope,
        "person_id": person,
        "intent": intent,
        "first_source": first.source,
        "first_interaction_id": first.id,
        "first_at": first.start,
        "last_end": last_end,
        "interactions": len(chain),
        "contacts": sum(row.kind == "contact" for row in chain),
        "channels": len(channels),
        "modes": len({CHANNELS[channel][0] for channel in channels}),
        "switched": len(channels) > 1,
        "resolved_first": False if len(chain) > 1 else good,
        "resolved": good,
        "closed": last_end + silence <= watermark,
        "duration_s": (last_end - first.start).total_seconds(),
        "cost": None,
    }
