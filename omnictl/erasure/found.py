"""Which interactions and surveys carry given identifiers, and whose they are. No value is ever told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.identity.person import shown
from omnictl.render import Col, Table

if TYPE_CHECKING:
    import duckdb

_FOUND = """
    with carried as (
        select d.source, d.owner, d.owner_id, d.kind, c.reason
        from identifiers d join given g on g.kind = d.kind and g.value = d.value
        left join cut_identifiers c on c.kind = d.kind and c.value = d.value
    ), placed as (
        select source, case when owner = 'interaction' then owner_id end as interaction_id,
            case when owner = 'survey' then owner_id end as survey_id, kind, reason
        from carried
    )
    select distinct p.source, p.interaction_id, p.survey_id, i.channel,
        coalesce(i.started_at, s.answered_at, s.invited_at) as started_at, n.person_id, p.kind, p.reason
    from placed p
    left join interactions i on i.source = p.source and i.interaction_id = p.interaction_id
    left join surveys s on s.source = p.source and s.survey_id = p.survey_id
    left join identities n on n.source = p.source and n.interaction_id = p.interaction_id
    order by started_at, p.source, p.interaction_id, p.survey_id, p.kind, p.reason
"""


def find(connection: duckdb.DuckDBPyConnection) -> Table:
    """One row per interaction or survey and kind of a value in `given` that it carries.

    `cut` says why the value links nobody: `limit` or `busy`.
    """
    columns = [Col("source"), Col("interaction_id"), Col("survey_id"), Col("channel"), Col("started_at", "UTC")]
    columns += [Col("person_id"), Col("kind"), Col("cut")]
    rows = [
        (source, interaction, survey, channel, at, shown(person), kind, reason)
        for source, interaction, survey, channel, at, person, kind, reason in connection.execute(_FOUND).fetchall()
    ]
    return Table(columns, rows, "What carries these values")


def buried(connection: duckdb.DuckDBPyConnection) -> int:
    """How many of the given values were erased before: later records with them are left out."""
    present = connection.execute("select count(*) from duckdb_tables() where table_name = 'tombstones'").fetchall()
    if not present[0][0]:  # published by a version that could not erase
        return 0
    ((count,),) = connection.execute(
        """
        select count(*) from given g
        semi join (from tombstones where what = 'value') t on t.name = g.kind and t.value = g.value
        """
    ).fetchall()
    return int(count)
