"""The probability of each candidate, what is kept of it, and how it did where the person is known.

An interaction is of one of its candidates or of nobody known: candidate i has o_i / (1 + sum of all o), o the odds of
its pattern. What is held back is judged the same way, among the people that can be told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.engines.store import read_meta
from omnictl.identity.probable.meetings import TIMED
from omnictl.identity.probable.rules import FOLDS, LEAST, WAYS, Field
from omnictl.identity.probable.weights import TABLES as WEIGHTS
from omnictl.identity.unbuilt import add_unbuilt_interactions
from omnictl.stages import UNBUILT

if TYPE_CHECKING:
    import duckdb

WAY = f"case {{0}}way {' '.join(f'when {way.number} then {quoted(way.name)}' for way in WAYS)} end"
DIGITS = 1_000_000  # a probability is cut to so many parts, so that those of one interaction never exceed 1
BINS = 20
COLUMNS = "source, interaction_id, person_id, probability, pattern"


def judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `judged`: the probability of each pair that was not learned from."""
    connection.execute(
        f"""
        create or replace temp table judged as
        with weighed as (
            select x.n, x.person_id, x.way, x.lesson, x.matched, x.code, o.odds,
                1 + sum(o.odds) over (partition by x.n) as total
            from coded x join odds o on o.way = x.way and o.code = x.code
            where x.held or not x.lesson
        )
        select n, person_id, way, lesson, matched, code,
            floor({DIGITS} * cast(odds as double) / nullif(cast(total as double), 0)) / nullif({DIGITS}e0, 0)
                as probability
        from weighed
        """
    )


def describe(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> None:
    """Make `likely`, the rows of `candidates` of all who were asked, and `described`, what each pattern says."""
    connection.execute(
        f"""
        create or replace temp table described as
        select way, code, substr({" || ".join(_words(field) for field in [TIMED, *fields])}, 3) as pattern from patterns
        """
    )
    connection.execute(
        f"""
        create or replace temp table likely as
        select a.source, a.interaction_id, j.person_id, j.probability, d.pattern
        from judged j join asked a on a.n = j.n join described d on d.way = j.way and d.code = j.code
        where not j.lesson and j.probability >= {LEAST}
        """
    )


def keep(connection: duckdb.DuckDBPyConnection, *, again: bool = False) -> None:
    """Bring `candidates` up to date with `likely`; `build` is told of whom it says another thing than before.

    Args:
        again: only those asked anew, and those linked anew, are said anything of.
    """
    if read_meta(connection, UNBUILT) is not None and not again:
        connection.execute("delete from candidates")
        connection.execute(f"insert into candidates ({COLUMNS}) select {COLUMNS} from likely")
        return
    doubtful = ""
    if again:
        tables = ("again", "was", "now", "changed_interactions")
        keys = " union ".join(f"select source, interaction_id from {table}" for table in tables)
        doubtful = f"join ({keys}) as d on d.source = c.source and d.interaction_id = c.interaction_id"
    connection.execute(
        f"""
        create or replace temp table otherwise as
        with old as (
            select c.source, c.interaction_id, c.person_id, c.probability, c.pattern from candidates c {doubtful}
        ),
        gone as (select * from old except select * from likely),
        come as (select * from likely except select * from old)
        select source, interaction_id from gone union select source, interaction_id from come
        """
    )
    connection.execute(
        """
        delete from candidates where exists (
            select 1 from otherwise o
            where o.source = candidates.source and o.interaction_id = candidates.interaction_id)
        """
    )
    connection.execute(
        """
        insert into candidates (source, interaction_id, person_id, probability, pattern)
        select l.source, l.interaction_id, l.person_id, l.probability, l.pattern
        from likely l join otherwise o on o.source = l.source and o.interaction_id = l.interaction_id
        """
    )
    add_unbuilt_interactions(connection, "otherwise")


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget all that was learned."""
    for table in ("learned_kinds", "learned_levels", "learned_patterns", "learned_held", *WEIGHTS):
        connection.execute(f"delete from {table}")


def _words(field: Field) -> str:
    cases = " ".join(f"when {level} then {quoted(f', {field.name} {name}')}" for level, name in told(field))
    return f"case {field.level} {cases} else '' end"


def told(field: Field) -> list[tuple[int, str]]:
    """The levels of a field that a pattern tells: all but `unknown`."""
    return [(number, name) for number, name in enumerate(field.levels) if name != "unknown"]


def keep_learned(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> None:
    """Keep what was learned, for people to read."""
    fields = [TIMED, *fields]
    names = " union all ".join(
        f"select {place} as place, {number} as level, {quoted(field.name)} as field, {quoted(name)} as name"
        for place, field in enumerate(fields)
        for number, name in enumerate(field.levels)
    )
    connection.execute(
        f"""
        insert into learned_levels (kind, place, field, level, pairs, matches, m, u)
        select {WAY.format("w.")}, w.place, n.field, n.name, w.pairs, w.matches, w.m, w.u
        from worths w join ({names}) as n on n.place = w.place and n.level = w.level
        where w.pairs > 0
        """
    )
    connection.execute(
        f"""
        insert into learned_patterns
            (kind, pattern, m, u, pairs, matches, probability, odds, held_pairs, held_matches)
        select {WAY.format("o.")}, d.pattern, o.m, o.u, o.pairs, o.matches, o.share, o.odds,
            coalesce(h.pairs, 0), coalesce(h.matches, 0)
        from odds o
        join described d on d.way = o.way and d.code = o.code
        left join (
            select way, code, count(*) as pairs, sum(case when matched then 1 else 0 end) as matches
            from coded where lesson and held group by way, code
        ) as h on h.way = o.way and h.code = o.code
        """
    )
    connection.execute(
        f"""
        insert into learned_held (kind, twentieth, pairs, predicted, matches)
        select {WAY.format("")}, cast(floor(probability * {BINS}) as integer), count(*),
            sum(cast(probability as decimal(18, 6))), sum(case when matched then 1 else 0 end)
        from judged where lesson group by way, cast(floor(probability * {BINS}) as integer)
        """
    )
    ways = " union all ".join(
        f"select {way.number} as way, {way.contact} as contact, {quoted(way.name)} as name" for way in WAYS
    )
    connection.execute(
        f"""
        insert into learned_kinds (kind, learned, asked, played, pairs, matches, held, held_found)
        select w.name, coalesce(c.learned, false), a.asked, a.played, coalesce(c.pairs, 0), coalesce(c.matches, 0),
            a.held, coalesce(f.found, 0)
        from (
            select contact, sum(case when person_id is null then 1 else 0 end) as asked,
                sum(case when coalesce(person_id % {FOLDS} <> 0, false) then 1 else 0 end) as played,
                sum(case when coalesce(person_id % {FOLDS} = 0, false) then 1 else 0 end) as held
            from asked group by contact
        ) as a
        join ({ways}) as w on w.contact = a.contact
        left join classes c on c.way = w.way
        left join (
            select way, count(*) as found from coded where lesson and held and matched group by way
        ) as f on f.way = w.way
        """
    )
