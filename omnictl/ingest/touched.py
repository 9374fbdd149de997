"""The log of what `ingest` adds, removes or changes, from which `link` knows what to make anew.

    changed_interactions  source, interaction_id    it, an identifier, a segment or a step of it was added, changed or
                                                    removed since people were linked; a row may stand there twice
    gone_identifiers      kind, value               what removed or changed rows carried
    gone_moments          kind, intent, started_at  of removed or changed interactions with an intent, as they were

Everything is written in the transaction that changes the rows, and emptied in that of `link`. Before the first link
nothing is: it makes everybody anew. Nor is what would be more than a part of all interactions: then the store says
that everything is touched, under the key TOUCHED of its meta.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, one_of, quoted
from omnictl.engines.store import write_meta
from omnictl.ingest.schema import RECORD, columns_of
from omnictl.stages import EVERYTHING, TOUCHED, forget_touched, is_logged

if TYPE_CHECKING:
    import duckdb

PART = 4  # the log never holds more than one in so many interactions
LOGGED = {  # the column that names the interaction
    "interactions": "interaction_id",
    "identifiers": "owner_id",
    "segments": "interaction_id",
    "steps": "interaction_id",
}
MOMENT = "kind, intent, started_at"
BY_STEP = "coalesce(_intent_by_step, false) or coalesce(_solution_by_step, false)"


def touch_everything(connection: duckdb.DuckDBPyConnection) -> None:
    """Write down that everything is touched."""
    if is_logged(connection):
        forget_touched(connection)
        write_meta(connection, TOUCHED, EVERYTHING)


def rows_go(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    condition: str,
    known: dict[str, object] | None = None,
) -> None:
    """Log rows that are about to be deleted or updated; to be called before they are.

    Args:
        table: the store's table; one that readers do not see, or that says nothing of interactions, is no matter.
        condition: which of its rows, as SQL over the table, or over it as `t`.
        known: the parameters of the condition.
    """
    if table in LOGGED and is_logged(connection):
        connection.execute(f"insert into changed_interactions {_keys(table, condition)}", known)
        if table == "interactions":
            connection.execute(
                f"insert into gone_moments select distinct {MOMENT} from interactions t "
                f"where intent is not null and ({condition})",
                known,
            )
        if table == "identifiers":
            connection.execute(
                f"insert into gone_identifiers select distinct kind, value from identifiers t where {condition}", known
            )


def _keys(table: str, condition: str) -> str:
    of_interaction = " and owner = 'interaction'" if table == "identifiers" else ""
    return f"select distinct source, {LOGGED[table]} from {table} t where ({condition}){of_interaction}"


def files_came(connection: duckdb.DuckDBPyConnection, files: Sequence[int], tables: Collection[str]) -> None:
    """Log the rows that came of files, after they have been written."""
    tables = sorted(LOGGED.keys() & tables)
    if not files or not tables or not is_logged(connection):
        return
    of_files = f"_file in ({', '.join(map(str, files))})"
    keys = " union ".join(_keys(table, of_files) for table in tables)
    connection.execute(f"insert into changed_interactions {keys}")
    rows = connection.execute("select (select count(*) from changed_interactions), count(*) from interactions")
    ((logged, interactions),) = rows.fetchall()
    if logged * PART > interactions:
        touch_everything(connection)


@contextmanager
def compared(connection: duckdb.DuckDBPyConnection, sources: Collection[str]) -> Iterator[None]:
    """Log the interactions that are not what they were before, of sources put together anew, and of those of any
    source that steps give a meaning."""
    if not is_logged(connection):
        yield
        return
    of_these = one_of("source", sorted(sources))
    connection.execute(f"create or replace temp table seen_before as {_digests(of_these)}")
    connection.execute(f"create or replace temp table carried_before as {_carried(of_these)}")
    connection.execute(f"create or replace temp table placed_before as {_placed(of_these)}")
    yield
    connection.execute(
        f"""
        insert into changed_interactions
        select coalesce(b.source, a.source), coalesce(b.interaction_id, a.interaction_id)
        from temp.seen_before b
        full join ({_digests(of_these)}) a on a.source = b.source and a.interaction_id = b.interaction_id
        where a.digest is distinct from b.digest
        """
    )
    gone = f"(from temp.carried_before except {_carried(of_these)})"
    connection.execute(f"insert into gone_identifiers select distinct kind, value from {gone}")
    gone = f"(from temp.placed_before except {_placed(of_these)})"
    connection.execute(f"insert into gone_moments select distinct {MOMENT} from {gone}")
    connection.execute("drop table temp.placed_before")
    connection.execute("drop table temp.seen_before")
    connection.execute("drop table temp.carried_before")


def _carried(of_these: str) -> str:
    return f"select source, owner_id, kind, value from identifiers where owner = 'interaction' and {of_these}"


def _placed(of_these: str) -> str:
    return (
        f"select source, interaction_id, {MOMENT} from interactions "
        f"where intent is not null and ({of_these} or {BY_STEP})"
    )


def _digests(of_these: str) -> str:
    """A SELECT of a digest of all that is said of each interaction, and of what steps give to others."""
    parts = [
        f"select source, interaction_id, hash('meaning', intent, intent_source, solution)::hugeint as part "
        f"from interactions where not ({of_these}) and ({BY_STEP})"
    ]
    for table, key in LOGGED.items():
        of_interaction = " and owner = 'interaction'" if table == "identifiers" else ""
        columns = ", ".join(named(name) for name in columns_of(table) if name not in RECORD)
        parts.append(
            f"select source, {key} as interaction_id, hash({quoted(table)}, {columns})::hugeint as part "
            f"from {table} where {of_these}{of_interaction}"
        )
    return f"select source, interaction_id, sum(part) as digest from ({' union all '.join(parts)}) group by all"
