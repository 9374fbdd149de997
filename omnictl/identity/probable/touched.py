"""Whose candidates an increment of `link` can have changed, and all that their candidates depend on.

A known person's interaction is *turned* when it came, went, changed, belongs to somebody else, or when its person was
known before or is now, but not both. Asked anew are interactions nobody is certain of that

- changed, or are or were of people who were linked anew;
- carry a value of evidence a turned one carries, or did, unless many people carry it before and after: nobody is
  looked for by such a value, and how many there are makes no difference;
- may have met a turned one in time, for the same intent, where it is now or where it was.

What is said of all others is what a whole pass would say. Those asked anew are given all known interactions with their
values and all in their time, so that they meet whom they would meet in a whole pass.

    turned   source, interaction_id, lost        of known people, before or now; lost: it was there before
    moved    kind, value, lost                   values of evidence of these; lost: how many may carry it no more
    recount  kind, value, crowd                  of these, who carries it is counted anew; crowd: many people did
    again    source, interaction_id, person_id   who is asked anew
    scope    source, interaction_id              these, and all interactions they may meet
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import one_of
from omnictl.identity.probable.rules import COLUMNS, CROWD, EPOCH, NAMELESS, WINDOW, Field, Rows, listed, named_kinds
from omnictl.workspace import Identity

if TYPE_CHECKING:
    import duckdb

SOME = Rows("met_interactions", "met_identifiers", again="again")
TEMPORARY = (
    *("named", "turned", "moved", "recount", "bearers", "persons", "slots", "again", "sought", "scope"),
    *(SOME.interactions, SOME.identifiers),
)


def find_again(connection: duckdb.DuckDBPyConnection, identity: Identity, fields: list[Field]) -> None:
    """Make `again`, and the rows SOME of it and all it may meet; `learned_crowds` is brought up to date.

    Reads `was`, `now` and `stale` of the increment, and what ingest logged.
    """
    kinds = [field.name for field in fields if field.evidence]
    timed = any(field.name == "intent" for field in fields)
    connection.execute(
        f"""
        create or replace temp table named as
        select distinct person_id from identities
        where person_id is not null and via in ({listed(named_kinds(identity))})
        """
    )
    _find_turned(connection, identity)
    connection.execute("create or replace temp table again (source varchar, interaction_id varchar, person_id bigint)")
    connection.execute(
        "insert into again select n.source, n.interaction_id, n.person_id from now n where true"
        + _of_nobody("n.person_id")
    )
    if kinds:
        _find_moved(connection, kinds)
        _count_anew(connection)
        _ask_by_value(connection)
    if timed:
        _ask_by_time(connection)
    connection.execute(
        """
        create or replace temp table asked_anew as select distinct source, interaction_id, person_id from again;
        drop table again;
        alter table asked_anew rename to again
        """
    )
    _gather(connection, kinds, timed=timed)


def _of_nobody(person: str) -> str:
    return f" and ({person} is null or {person} not in (select person_id from named))"


def _slot(moment: str) -> str:
    """Windows numbered one by one: what is within a window of a moment is in its slot or the next to it."""
    return f"cast(floor(({moment}) * 1e0 / nullif({WINDOW}, 0)) as bigint)"


def _seconds(of: str) -> str:
    return f"date_diff('second', {EPOCH}, {of}.started_at)"


def _find_turned(connection: duckdb.DuckDBPyConnection, identity: Identity) -> None:
    kinds = listed(named_kinds(identity))
    connection.execute(
        f"""
        create or replace temp table turned as
        with before as (
            select person_id, max(case when via in ({kinds}) then 1 else 0 end) as known from was
            where person_id is not null group by person_id
        ),
        after as (
            select person_id, max(case when via in ({kinds}) then 1 else 0 end) as known from now
            where person_id is not null group by person_id
        ),
        other as (
            select source, interaction_id from changed_interactions
            union
            select source, interaction_id from stale
            union
            select n.source, n.interaction_id
            from now n left join was w on w.source = n.source and w.interaction_id = n.interaction_id
            left join before b on b.person_id = n.person_id left join after a on a.person_id = n.person_id
            where w.source is null or b.known is distinct from a.known
        )
        select o.source, o.interaction_id, coalesce(b.known, 0) as lost
        from other o
        left join was w on w.source = o.source and w.interaction_id = o.interaction_id
        left join now n on n.source = o.source and n.interaction_id = o.interaction_id
        left join before b on b.person_id = w.person_id
        left join after a on a.person_id = n.person_id
        where b.known = 1 or a.known = 1
        """
    )


def _find_moved(connection: duckdb.DuckDBPyConnection, kinds: list[str]) -> None:
    """Of values that went it is not known how many carried them: enough, perhaps."""
    connection.execute(
        f"""
        create or replace temp table moved as
        select kind, value, sum(lost) as lost
        from (
            select d.kind, d.value, t.lost
            from identifiers d join turned t on t.source = d.source and t.interaction_id = d.owner_id
            where d.owner = 'interaction' and {one_of("d.kind", kinds)}
            union all
            select g.kind, g.value, coalesce(c.people, 0)
            from gone_identifiers g left join learned_crowds c on c.kind = g.kind and c.value = g.value
            where {one_of("g.kind", kinds)}
        ) as seen
        group by kind, value
        """
    )
    connection.execute(
        f"""
        create or replace temp table recount as
        select m.kind, m.value, c.value is not null as crowd
        from moved m left join learned_crowds c on c.kind = m.kind and c.value = m.value
        where c.value is null or c.people - m.lost <= {CROWD}
        """
    )
    connection.execute(
        """
        update learned_crowds set people = people - m.lost
        from moved m where m.kind = learned_crowds.kind and m.value = learned_crowds.value and m.lost > 0
        """
    )


def _count_anew(connection: duckdb.DuckDBPyConnection) -> None:
    """Who carries these values, and how many people; an interaction counts with the least of its values of a kind."""
    connection.execute(
        """
        create or replace temp table bearers as
        select d.source, d.owner_id as interaction_id, d.kind, d.value, i.person_id, p.person_id is not null as known
        from identifiers d
        join recount r on r.kind = d.kind and r.value = d.value
        join identities i on i.source = d.source and i.interaction_id = d.owner_id
        left join named p on p.person_id = i.person_id
        where d.owner = 'interaction'
        """
    )
    connection.execute(
        f"""
        create or replace temp table persons as
        with many as (
            select kind, value from bearers where known group by kind, value having count(distinct person_id) > {CROWD}
        ),
        least as (
            select b.source, b.interaction_id, b.kind, b.value, b.person_id, min(d.value) as lowest
            from bearers b
            join many m on m.kind = b.kind and m.value = b.value
            join identifiers d on d.source = b.source and d.owner_id = b.interaction_id and d.kind = b.kind
                and d.owner = 'interaction'
            where b.known
            group by b.source, b.interaction_id, b.kind, b.value, b.person_id
        )
        select kind, value, count(distinct person_id) as people from least where value = lowest
        group by kind, value having count(distinct person_id) > {CROWD}
        """
    )
    connection.execute(
        """
        delete from learned_crowds where exists (
            select 1 from recount r where r.kind = learned_crowds.kind and r.value = learned_crowds.value)
        """
    )
    connection.execute("insert into learned_crowds select kind, value, people from persons")


def _ask_by_value(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        insert into again
        select b.source, b.interaction_id, b.person_id
        from bearers b
        join recount r on r.kind = b.kind and r.value = b.value
        left join persons p on p.kind = b.kind and p.value = b.value
        where not b.known and not (r.crowd and p.value is not null)
        """
    )


def _ask_by_time(connection: duckdb.DuckDBPyConnection) -> None:
    """A contact looks at the visits before it, a visit at the contacts after it."""
    connection.execute(
        f"""
        create or replace temp table slots as
        with moments as (
            select i.kind = 'contact' as contact, i.intent, {_seconds("i")} as moment
            from interactions i join turned t on t.source = i.source and t.interaction_id = i.interaction_id
            where i.intent is not null
            union
            select g.kind = 'contact', g.intent, {_seconds("g")} from gone_moments g
        )
        select contact, intent, moment, {_slot("moment")} + case when contact then -s.step else s.step end as slot
        from moments cross join (select 0 as step union all select 1) as s
        """
    )
    connection.execute(
        f"""
        insert into again
        select found.source, found.interaction_id, d.person_id
        from ({_beside("i.kind")}) as found
        join identities d on d.source = found.source and d.interaction_id = found.interaction_id
        where true{_of_nobody("d.person_id")}
        """
    )


def _beside(kind: str) -> str:
    """The interactions of the other sort within a window of those of `slots`: contacts after visits."""
    gap = f"case when s.contact then s.moment - {_seconds('i')} else {_seconds('i')} - s.moment end"
    return f"""
        select distinct i.source, i.interaction_id
        from interactions i
        join slots s on s.intent = i.intent and s.slot = {_slot(_seconds("i"))} and s.contact <> ({kind} = 'contact')
        where {gap} between 0 and {WINDOW}
        """


def _gather(connection: duckdb.DuckDBPyConnection, kinds: list[str], *, timed: bool) -> None:
    """Make `scope`, and copy its rows."""
    of_values = of_time = ""
    if kinds:
        connection.execute(
            f"""
            create or replace temp table sought as
            select distinct d.kind, d.value
            from identifiers d join again a on a.source = d.source and a.interaction_id = d.owner_id
            left join learned_crowds c on c.kind = d.kind and c.value = d.value
            where d.owner = 'interaction' and {one_of("d.kind", kinds)} and c.value is null
            """
        )
        of_values = """
            union
            select d.source, d.owner_id from identifiers d join sought s on s.kind = d.kind and s.value = d.value
            where d.owner = 'interaction'
            """
    if timed:
        connection.execute(
            f"""
            create or replace temp table slots as
            select distinct contact, intent, moment,
                {_slot("moment")} + case when contact then -s.step else s.step end as slot
            from (
                select i.kind = 'contact' as contact, i.intent, {_seconds("i")} as moment
                from interactions i join again a on a.source = i.source and a.interaction_id = i.interaction_id
                where i.intent is not null
            ) as moments cross join (select 0 as step union all select 1) as s
            """
        )
        of_time = f"union {_beside('i.kind')}"
    connection.execute(
        f"""
        create or replace temp table scope as
        select source, interaction_id from again
        union
        select i.source, i.interaction_id from identities i where i.person_id in (
            select person_id from again where person_id is not null)
        {of_values}
        {of_time}
        """
    )
    connection.execute(
        f"""
        create or replace temp table {SOME.interactions} as
        select i.source, i.interaction_id, i.started_at, i.kind, i.excluded, i.consent, {", ".join(COLUMNS)}
        from interactions i join scope s on s.source = i.source and s.interaction_id = i.interaction_id
        """
    )
    connection.execute(
        f"""
        create or replace temp table {SOME.identifiers} as
        select d.source, d.owner, d.owner_id, d.kind, d.value
        from identifiers d join scope s on s.source = d.source and s.interaction_id = d.owner_id
        where d.owner = 'interaction' and {one_of("d.kind", [*kinds, *NAMELESS])}
        """
    )
