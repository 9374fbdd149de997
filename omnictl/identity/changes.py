"""person_changes: whose interactions belong to somebody else since the last time they were linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from omnictl.stages import RunRow


def write_changes(connection: duckdb.DuckDBPyConnection, row: RunRow, was: str, now: str) -> int:
    """Add what changes for whom to `person_changes`, before `identities` is made anew; returns how many rows.

    Args:
        was, now: tables or sub-queries: rows of identities as they are and as they will be.

    An interaction that is new, or had no person, changes nobody. A person whose interactions now belong to several is
    split; one who receives from several is merged, and merging is told when both are true.
    """
    connection.execute(
        f"""
        create or replace temp table went as
        select old.person_id as was, new.person_id, count(*) as interactions
        from {was} old
        join {now} new on new.source = old.source and new.interaction_id = old.interaction_id
        where old.person_id is not null
        group by old.person_id, new.person_id
        """
    )
    connection.execute(
        """
        insert into person_changes (run_id, changed_at, change, was, person_id, interactions)
        select $run_id, $at, case
                when w.person_id is null then 'lost'
                when came.people > 1 then 'merged'
                when became.people > 1 then 'split'
                else 'renamed'
            end, w.was, w.person_id, w.interactions
        from went w
        left join (
            select person_id, count(*) as people from went where person_id is not null group by person_id
        ) as came on came.person_id = w.person_id
        left join (
            select was, count(*) as people from went where person_id is not null group by was
        ) as became on became.was = w.was
        where w.person_id is null or w.person_id <> w.was
        """,
        {"run_id": row.run_id, "at": row.started_at},
    )
    connection.execute("drop table went")
    found = connection.execute("select count(*) from person_changes where run_id = $run_id", {"run_id": row.run_id})
    ((changes,),) = found.fetchall()
    return int(changes)
