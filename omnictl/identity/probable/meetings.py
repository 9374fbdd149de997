"""Which people an interaction may be of, and how well each agrees with it.

Two things bring an interaction and a person together: a value of a kind that links nobody, where few people carry it;
and time, a contact shortly after a visit for the same intent. In both an interaction meets no more than so many, so
pairs grow with interactions and no faster; what that leaves out is told.

    met     n, person_id and a level per field: one row per sighting
    pairs   n, person_id and the best level per field; contact, lesson (the interaction plays), held (back), matched
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.identity.probable.cast import ask
from omnictl.identity.probable.rules import (
    FOLDS,
    NEAREST,
    PEOPLE,
    SIGHTINGS,
    TIME,
    WINDOW,
    Field,
    Rows,
    shared_level,
    time_level,
)  # fmt: skip

if TYPE_CHECKING:
    import duckdb

TIMED = Field("time", "time", TIME)


def meet(connection: duckdb.DuckDBPyConnection, fields: list[Field], rows: Rows) -> list[str]:
    """Make `asked`, and `pairs` of it and `faces`; returns what was left out, in words."""
    evidence = [field for field in fields if field.evidence]
    compared = [TIMED, *fields]
    for field in evidence:
        _carry(connection, fields, field, rows)
    ask(connection, fields, _shares(evidence), rows)
    levels = ", ".join(f"{field.level} integer" for field in compared)
    connection.execute(f"create or replace temp table met (n bigint, person_id bigint, {levels})")
    told = []
    for field in evidence:
        connection.execute(f"insert into met {_by_value(fields, field)}")
        told.append(_crowded(connection, field))
    if any(field.name == "intent" for field in fields):
        full = sum(_by_time(connection, fields, contact=contact) for contact in (True, False))
        told.append(f"{full:,} met more than {NEAREST} for the same intent, only the nearest count" * bool(full))
    best = ", ".join(f"min(m.{field.level}) as {field.level}" for field in compared)
    connection.execute(
        f"""
        create or replace temp table pairs as
        select m.n, m.person_id, a.contact, a.person_id is not null as lesson,
            coalesce(a.person_id % {FOLDS} = 0, false) as held, coalesce(a.person_id = m.person_id, false) as matched,
            {best}
        from met m join asked a on a.n = m.n join crowd c on c.person_id = m.person_id
        where a.person_id is null or c.apart
        group by m.n, m.person_id, a.contact, a.person_id
        """
    )
    return [text for text in told if text]


def _carry(connection: duckdb.DuckDBPyConnection, fields: list[Field], by: Field, rows: Rows) -> None:
    """Make `carried_…` of one kind: each value on each browser, or moment, of each person; and `shared_…`: how many
    people carry a value, and whether anybody is looked for by it.

    An increment does not have all who carry what many people do.
    """
    others = ["family", *(field.column for field in fields if field is not by)]
    ends = "".join(f", min({one}) as {one}, max({one}) as {one}_2" for one in others)
    connection.execute(
        f"""
        create or replace temp table carried_{by.column} as
        select {by.column} as value, person_id, hides, min(moment) as first_at, max(moment) as last_at{ends}
        from faces where known and {by.column} is not null
        group by {by.column}, person_id, hides
        """
    )
    few = crowds = ""
    if rows.again:
        many = f"select value, people, false as searched from learned_crowds where kind = {quoted(by.name)}"
        few, crowds = f"where value not in (select value from ({many}) as m)", f"union all {many}"
    connection.execute(
        f"""
        create or replace temp table shared_{by.column} as
        select value, count(distinct person_id) as people,
            count(distinct person_id) <= {PEOPLE} and count(*) <= {SIGHTINGS} as searched
        from carried_{by.column} {few} group by value
        {crowds}
        """
    )


def _shares(evidence: list[Field]) -> str:
    """By how many people each value of an interaction is carried, its own left out when it plays and nothing but what
    is hidden with it shows the value of them."""
    people = "".join(
        f""", s_{one.column}.people - case when a.person_id is not null and o_{one.column}.n is null then 1 else 0 end
            as p_{one.column}, s_{one.column}.searched as q_{one.column}"""
        for one in evidence
    )
    joins = "".join(
        f"""
        left join shared_{one.column} s_{one.column} on s_{one.column}.value = a.{one.column}
        left join (
            select distinct x.n
            from numbered x join carried_{one.column} c
                on c.value = x.{one.column} and c.person_id = x.person_id and c.hides <> x.hides
        ) as o_{one.column} on o_{one.column}.n = a.n
        """
        for one in evidence
    )
    return f"select a.*{people} from numbered a {joins}"


def _crowded(connection: duckdb.DuckDBPyConnection, by: Field) -> str:
    ((values,),) = connection.execute(
        f"select count(distinct {by.column}) from asked where not q_{by.column}"
    ).fetchall()
    return f"{values:,} values of {by.name} are of many people: they count, but nobody is looked for by them" * bool(
        values
    )


def _by_value(fields: list[Field], by: Field) -> str:
    """The sightings of a value an interaction has too. Of a span of several its two ends are compared; inside of it,
    the nearest in time is not known."""
    before, after = "k.first_at - a.moment", "a.moment - k.last_at"
    gap = f"case when k.first_at < k.last_at and {before} <= 0 and {after} <= 0 then {WINDOW + 1}"
    gap += f" when {before} > 0 then {before} else abs({after}) end"
    levels = [time_level(gap)]
    for field in fields:
        best = shared_level(f"a.p_{field.column}") if field.evidence else "0"
        one, two = f"k.{field.column}", f"k.{field.column}_2"
        cases = f"case when a.{field.column} is null or {one} is null then {field.unknown}"
        cases += f" when a.{field.column} = {one} or a.{field.column} = {two} then {best}"
        cases += " when a.family = k.family or a.family = k.family_2 then 1" if field.name == "intent" else ""
        levels.append(best if field is by else f"{cases} else {field.unknown - 1} end")
    return f"""
        select a.n, k.person_id, {", ".join(levels)}
        from asked a join carried_{by.column} k on k.value = a.{by.column} and k.hides <> a.hides
        where a.q_{by.column}
        """


def _by_time(connection: duckdb.DuckDBPyConnection, fields: list[Field], *, contact: bool) -> int:
    """Add to `met` the known visits before a contact, or the known contacts after a visit, for the same intent.

    Each known one has its place among those of its intent; an interaction knows the place it would have, and looks at
    as many before or after it as are looked at, so nothing is searched through. Returns how many saw them all.
    """
    # what happens at the same moment comes before a contact, and after a visit
    late = ("0", "1") if contact else ("1", "0")
    connection.execute(
        f"""
        create or replace temp table places as
        select k.*, sum(case when n is null then 1 else 0 end) over (
            partition by intent order by moment, late, person_id, hides, n
            rows between unbounded preceding and current row) as place
        from (
            select distinct cast(null as bigint) as n, {late[0]} as late, intent, moment, person_id, hides
            from faces where known and contact = {not contact} and intent is not null
            union all
            select n, {late[1]}, intent, moment, null, hides from asked where contact = {contact} and intent is not null
        ) as k
        """
    )
    connection.execute(
        f"""
        create or replace temp table looks as
        select p.n, p.intent, p.moment, p.hides, s.step, p.place {"- s.step" if contact else "+ 1 + s.step"} as place
        from places p cross join ({" union all ".join(f"select {step} as step" for step in range(NEAREST))}) as s
        where p.n is not null
        """
    )
    gap = "l.moment - p.moment" if contact else "p.moment - l.moment"
    connection.execute(
        f"""
        create or replace temp table close as
        select l.n, l.step, {gap} as gap, p.person_id
        from looks l join places p on p.intent = l.intent and p.place = l.place
        where p.n is null and p.hides <> l.hides and {gap} <= {WINDOW}
        """
    )
    levels = ", ".join("0" if field.name == "intent" else str(field.unknown) for field in fields)
    connection.execute(f"insert into met select n, person_id, {time_level('gap')}, {levels} from close")
    ((full,),) = connection.execute(f"select count(*) from close where step = {NEAREST - 1}").fetchall()
    return int(full)
