"""The people of a worked figure: its interactions are given with a person, and what people do next, their needs and
the levels are derived from them as in a store, between the days on which the case says its data is complete."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from omnictl.errors import EngineError
from omnictl.glossary.kpi import PERSON, Case
from omnictl.workspace import SILENCE

if TYPE_CHECKING:
    import duckdb

DERIVED = ("followups", "needs", "levels", "costs")
FILLED = (*DERIVED, "sources")  # sources tell how far the data is complete
FAR = timedelta(days=800)  # before the first given row, and after the last
EDGE = "edge of the data"  # id of a row that only says since when there is data

_IDENTITIES = """
insert into identities (source, interaction_id, person_id, link, via)
select source, interaction_id, person, if(person is null, 'none', 'certain'), if(person is null, null, 'customer')
from (select source, interaction_id, row_number() over (order by rowid) - 1 as n from interactions) as placed
join (values {given}) as given(person, low, high) on n >= low and n < high
"""
_SEEN = """
select source, min(least(started_at, ended_at)), max(greatest(started_at, ended_at))
from interactions
group by source
order by source
"""
_FILLS = """
insert into fills (relation, source, channel, column_name, row_count, filled, lowest, highest)
select 'interactions', source, channel, 'started_at', count(*), count(started_at), min(started_at), max(started_at)
from interactions
group by source, channel
"""


def read_by(texts: Iterable[str]) -> frozenset[str]:
    """Which of the relations that are filled from the interactions some SQL texts may read: those they name."""
    named = {word for text in texts for word in re.findall(r"\w+", text)}
    return frozenset(FILLED) & named


def load_people(con: duckdb.DuckDBPyConnection, case: Case) -> None:
    """Say of each interaction that was loaded whose it is. Rows that stand several times are of one person."""
    if "identities" in case.given:
        return
    numbers: dict[str, int] = {}
    position = 0
    given: list[int | None] = []
    for cells, times in case.given.get("interactions", ()):
        person = cells.get(PERSON)
        number = None if person is None else numbers.setdefault(person, len(numbers) + 1)
        given += [number, position, position + times]
        position += times
    if given:
        rows = ", ".join(["(?::bigint, ?::bigint, ?::bigint)"] * (len(given) // 3))
        con.execute(_IDENTITIES.format(given=rows), given)


def derive_from(con: duckdb.DuckDBPyConnection, case: Case, wanted: Collection[str] = FILLED) -> None:
    """Derive followups, needs, levels and costs from the interactions that were loaded, unless the case gives some; and
    say of their sources how far they are complete.

    Args:
        wanted: which of them.

    Raises:
        EngineError: the database refused.
    """
    import duckdb

    from omnictl.build import derive
    from omnictl.build.tables import table_of

    if any(name in case.given for name in DERIVED):
        return
    zone = ZoneInfo(case.timezone)
    con.execute("delete from sources")
    con.execute("delete from fills")
    for source, first, last in con.execute(_SEEN).fetchall():
        since = _instant(case.since, zone) if case.since is not None else first - FAR
        until = _instant(case.until, zone) if case.until is not None else last + FAR
        con.execute("insert into sources (source, watermark) values (?, ?)", [source, until])
        if since < first:
            _edge(con, source, since)
    con.execute(_FILLS)
    silence = case.silence or SILENCE
    try:
        derive(con, timezone=case.timezone, silence=silence, referential=case.referential, wanted=wanted)
    except duckdb.Error as error:
        raise EngineError(f"the given rows cannot be followed: {error}") from error
    for relation in ("interactions", "identities", "followups", "costs"):
        con.execute(f"delete from {table_of(con, relation)} where interaction_id = ?", [EDGE])


def _edge(con: duckdb.DuckDBPyConnection, source: str, since: datetime) -> None:
    """A row that nothing counts, for a source's data begins with its first row."""
    con.execute(
        "insert into interactions (source, interaction_id, kind, channel, direction, excluded, started_at) "
        "select source, ?, kind, channel, direction, 'test', ? from interactions where source = ? limit 1",
        [EDGE, since, source],
    )
    con.execute("insert into identities (source, interaction_id, link) values (?, ?, 'none')", [source, EDGE])


def _instant(day: date, zone: ZoneInfo) -> datetime:
    """Local midnight of a day, as naive UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
