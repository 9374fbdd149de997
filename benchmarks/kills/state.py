"""What a published store holds, as one hash per table: whole rows, in no order, without the times of the run."""

from __future__ import annotations

from pathlib import Path

import duckdb

# when and by which run something was done: these differ between two runs that do the same
OF_THE_RUN = {
    "run_id", "loaded_run", "examined_at", "received_at", "runs.started_at", "runs.ended_at",
}  # fmt: skip
OF_THE_RUN_KEYS = ("stamp",)  # in `meta`

State = dict[str, str]


def published_state(store: Path) -> State | None:
    """Rows and hash of every table of a store's published file, by table; None when nothing is published.

    Raises:
        duckdb.Error: the published file cannot be read.
    """
    file = store / "store.duckdb"
    if not file.exists():
        return None
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"attach '{file}' as published (read_only)")
        found = connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'published' order by all"
        ).fetchall()
        columns: dict[str, list[str]] = {}
        for table, column in found:
            if column not in OF_THE_RUN and f"{table}.{column}" not in OF_THE_RUN:
                columns.setdefault(table, []).append(f'"{column}"')
        return {table: _hash(connection, table, names) for table, names in columns.items()}
    finally:
        connection.close()


def _hash(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> str:
    where = f"where key not in {OF_THE_RUN_KEYS!r}".replace(",)", ")") if table == "meta" else ""
    ((rows, total),) = connection.execute(
        f"select count(*), coalesce(sum(hash({', '.join(columns)})::hugeint), 0) from published.{table} {where}"
    ).fetchall()
    return f"{rows:,} rows {int(total) % 2**64:016x}"


def differences(found: State | None, expected: State | None) -> str:
    """What differs between two states, in words; '' when nothing does."""
    if found is None or expected is None:
        what = {True: "nothing published", False: "something published"}
        return "" if found is expected else f"{what[found is None]}, not {what[expected is None]}"
    names = sorted(found.keys() | expected.keys())
    return "; ".join(f"{n}: {found.get(n)}, not {expected.get(n)}" for n in names if found.get(n) != expected.get(n))
