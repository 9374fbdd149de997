"""Which people an interaction may be of, and how well each agrees with it.

Two things bring an interaction and a person together: a value of a kind that links nobody, where few people carry it;
and time, a contact shortly after a visit for the same intent. In both an interaction meets no more than so many, so
pairs grow with interactions and no faster; what that leaves out is counted.

    met     n, person_id, one level per field: one row per sighting
    pairs   n, person_id, contact, played, held, matched, one level per field: the best of all sightings
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.identity.probable.rules import (
    FOLDS, NEAREST, PEOPLE, SIGHTINGS, TIME, WINDOW, Field, shared_level, time_level,
)  # fmt: skip

if TYPE_CHECKING:
    import duckdb

TIMED = Field("time", "time", TIME)


def meet(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> list[str]:
    """Make `pairs` of `known` and `asked`; returns what was left out, in words."""
    evidence = [field for field in fields if field.evidence]
    compared = [TIMED, *fields]
    connection.execute(f"create or replace temp table met (n bigint, person_id bigint, {_integers(compared)})")
    told = [_carry(connection, fields, field) for field in evidence]
    _mark(connection, evidence)
    for field in evidence:
        connection.execute(f"insert into met {_by_value(fields, field)}")
    if any(field.name == "intent" for field in fields):
        told.append(_by_time(connection, fields))
    best = ", ".join(f"min(m.{field.level}) as {field.level}" for field in compared)
    connection.execute(
        f"""
        create or replace temp table pairs as
        select m.n, m.person_id, a.contact, a.person_id is not null and c.apart as played,
            coalesce(a.person_id % {FOLDS} = 0, false) as held, coalesce(a.person_id = m.person_id, false) as matched,
            {best}
        from met m join asked a on a.n = m.n join crowd c on c.person_id = m.person_id
        group by m.n, m.person_id, a.contact, a.person_id, c.apart
        """
    )
    return [text for text in told if text]


def _integers(fields: list[Field]) -> str:
    return ", ".join(f"{field.level} integer" for field in fields)


def _carry(connection: duckdb.DuckDBPyConnection, fields: list[Field], by: Field) -> str:
    """Make `carried_…` of one kind: each value on each browser, or moment, of each person; and `shared_…`: how many
    people carry a value, and whether anybody is looked for by it."""
    others = [field.column for field in fields if field is not by]
    spans = "".join(f", min({one}) as {one}, max({one}) as {one}_2" for one in [*others, *_families(fields)])
    connection.execute(
        f"""
        create or replace temp table carried_{by.column} as
        select {by.column} as value, person_id, hides, min(started_at) as first_at, max(started_at) as last_at{spans}
        from known where {by.column} is not null
        group by {by.column}, person_id, hides
        """
    )
    connection.execute(
        f"""
        create or replace temp table shared_{by.column} as
        select value, count(distinct person_id) as people,
            count(distinct person_id) <= {PEOPLE} and count(*) <= {SIGHTINGS} as searched
        from carried_{by.column} group by value
        """
    )
    ((crowded,),) = connection.execute(
        f"""
        select count(*) from shared_{by.column}
        where not searched and value in (select {by.column} from asked where {by.column} is not null)
        """
    ).fetchall()
    return f"{by.name}: {crowded:,} values of many people are compared, but nobody is looked for by them" * bool(crowded)


def _families(fields: list[Field]) -> list[str]:
    return ["family" for field in fields if field.name == "intent"]


def _mark(connection: duckdb.DuckDBPyConnection, evidence: list[Field]) -> None:
    """Add to `asked` by how many other people each of its values is carried.

    One that plays does not count its own person when nothing but what is hidden with it shows the value.
    """
    people = "".join(
        f", s_{one.column}.people - case when a.person_id is not null and o_{one.column}.value is null then 1 else 0 end"
        f" as p_{one.column}"
        for one in evidence
    )
    joins = "".join(
        f"""
        left join shared_{one.column} s_{one.column} on s_{one.column}.value = a.{one.column}
        left join (
            select distinct x.n, c.value
            from asked x join carried_{one.column} c
                on c.value = x.{one.column} and c.person_id = x.person_id and c.hides <> x.hides
        ) as o_{one.column} on o_{one.column}.n = a.n
        """
        for one in evidence
    )
    connection.execute(f"create or replace temp table asking as select a.*{people} from asked a {joins}")


def _levels(fields: list[Field], *, spans: bool) -> str:
    """The level of each field between `a` and a sighting `k`; of a span of sightings its two ends are compared."""
    told = []
    for field in fields:
        one, other = f"a.{field.column}", f"k.{field.column}"
        same = f"{one} = {other}" + (f" or {one} = {other}_2" if spans else "")
        best = shared_level(f"a.p_{field.column}") if field.evidence else "0"
        cases = f"when {one} is null or {other} is null then {field.unknown} when {same} then {best}"
        if field.name == "intent":
            of_family = "a.family = k.family" + (" or a.family = k.family_2" if spans else "")
            cases += f" when {of_family} then 1"
        told.append(f"case {cases} else {field.unknown - 1} end as {field.level}")
    return ", ".join(told)


def _by_value(fields: list[Field], by: Field) -> str:
    """The sightings of a value an interaction has too. Inside a span of several, the nearest is not known."""
    before, after = (
        "date_diff('second', a.started_at, k.first_at)",
        "date_diff('second', k.last_at, a.started_at)",
    )
    gap = f"case when k.first_at < k.last_at and {before} <= 0 and {after} <= 0 then {WINDOW + 1}"
    gap += f" when {before} > 0 then {before} else abs({after}) end"
    others = [field for field in fields if field is not by]
    levels = _levels(others, spans=True)
    order = ", ".join(field.level for field in [TIMED, *fields])
    return f"""
        select n, person_id, {order} from (
            select a.n, k.person_id, {time_level(gap)} as {TIMED.level},
                {shared_level(f"a.p_{by.column}")} as {by.level}{", " if levels else ""}{levels}
            from asking a
            join shared_{by.column} s on s.value = a.{by.column} and s.searched
            join carried_{by.column} k on k.value = s.value and k.hides <> a.hides
        ) as seen
        """


def _by_time(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> str:
    """Add to `met` the known visits before a contact, and the known contacts after a visit, for the same intent.

    Each known interaction has its place among those of its intent and kind; an interaction knows the place it would
    have, and looks at as many places before or after it as are looked at, so nothing is searched through.
    """
    order = ", ".join(field.level for field in [TIMED, *fields])
    full = 0
    for contact in (True, False):
        places = "places_before" if contact else "places_after"
        # what happens at the same moment comes before a contact, and after a visit
        last = "case when k.n is null then 0 else 1 end" if contact else "case when k.n is null then 1 else 0 end"
        connection.execute(
            f"""
            create or replace temp table {places} as
            select k.*, sum(case when n is null then 1 else 0 end) over (
                partition by intent order by started_at, {last}, person_id, hides, n
                rows between unbounded preceding and current row) as place
            from (
                select cast(null as bigint) as n, intent, started_at, person_id, hides{_columns(fields)}
                from known where contact = {not contact} and intent is not null
                union all
                select n, intent, started_at, person_id, hides{_columns(fields, null=True)}
                from asked where contact = {contact} and intent is not null
            ) as k
            """
        )
        step = "- s.step" if contact else "+ 1 + s.step"
        gap = ("k.started_at, l.started_at", "l.started_at, k.started_at")[not contact]
        connection.execute(
            f"""
            create or replace temp table looks as
            select q.n, q.intent, q.started_at, q.hides, s.step, q.place {step} as place
            from {places} q cross join ({" union all ".join(f"select {step} as step" for step in range(NEAREST))}) as s
            where q.n is not null
            """
        )
        connection.execute(
            f"""
            create or replace temp table close as
            select l.n, l.step, date_diff('second', {gap}) as gap, k.person_id, k.intent, k.started_at{_columns(fields)}
            from looks l
            join {places} k on k.intent = l.intent and k.place = l.place
            where k.n is null and k.hides <> l.hides and date_diff('second', {gap}) <= {WINDOW}
            """
        )
        levels = f"{time_level('k.gap')} as {TIMED.level}, {_levels(fields, spans=False)}"
        connection.execute(f"insert into met select n, person_id, {order} from (select k.n, k.person_id, {levels} from close k join asking a on a.n = k.n) as seen")
        ((more,),) = connection.execute(f"select count(*) from close where step = {NEAREST - 1}").fetchall()
        full += more
        connection.execute(f"drop table {places}; drop table looks; drop table close")
    return f"time and intent: {full:,} interactions met more than {NEAREST} in time, only the nearest count" * bool(full)


def _columns(fields: list[Field], *, null: bool = False) -> str:
    names = [*(field.column for field in fields if field.name != "intent"), "family"]
    return "".join(f", {'null as ' if null else ''}{name}" for name in names)
