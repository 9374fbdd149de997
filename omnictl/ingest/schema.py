"""The tables of the store: one per relation, and omnictl's own beside them.

Columns whose names begin with `_` are the store's: they say which record a row comes from and what match rules saw.
There is no index: a key would double the file and slow every change; uniqueness is what `versions` is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, transaction
from omnictl.relations import RELATIONS

if TYPE_CHECKING:
    import duckdb

RECORD = {"_file": "INTEGER", "_record": "BIGINT"}

HIDDEN: Mapping[str, Mapping[str, str]] = {
    "interactions": {
        **RECORD,
        "_page": "VARCHAR",
        "_wrap_up": "VARCHAR",
        "_ivr_node": "VARCHAR",
        "_outcome": "VARCHAR",  # a code that is no outcome
        "_version_time": "TIMESTAMP",  # `version_at` where it is a time
        "_intent_by_step": "BOOLEAN",  # taken from a step of the visit, and withdrawn with it
        "_solution_by_step": "BOOLEAN",
    },
    "segments": {**RECORD, "_outcome": "VARCHAR"},
    "steps": {**RECORD, "_solution": "VARCHAR"},
    "identifiers": {"_file": "INTEGER"},
    "rejects": {"_file": "INTEGER"},
    "stamps": {"_file": "INTEGER"},
}

# A column that may be made from another of its row, which is smaller and quicker to store.
DERIVED: Mapping[str, Mapping[str, str]] = {"interactions": {"version_at": "_version_time::varchar"}}

# files._read and _refused: the records used and rejected before those are left out that complete no contact; _owed: to
# be read again when it comes back. feeds._by: the source that completes this one and gives it the relation's columns.
# cut_identifiers: the values that link nobody, as `link` found them, and the owners or contacts they have.
# tombstones: what has been erased and is never loaded again; see `tombstones.py`.
# learned_…: what `link` learned of agreement for probable links; see `identity.probable`: `learning`, `weights`.
# changed_interactions, gone_identifiers, gone_moments: see `touched`, for `link`. unbuilt_interactions, unbuilt_people:
# what `link` touched, and whose it was before or is now, since the last `build`.
LEDGER = {
    "files": """
        file_id INTEGER, source VARCHAR, path VARCHAR, sha256 VARCHAR, bytes BIGINT, modified TIMESTAMP,
        examined_at TIMESTAMP, records BIGINT, used BIGINT, rejected BIGINT, superseded BIGINT, filtered BIGINT,
        unreadable_cells BIGINT, loaded_run VARCHAR, notes VARCHAR, first_at TIMESTAMP, last_at TIMESTAMP,
        _read BIGINT, _refused BIGINT, _owed BOOLEAN
    """,
    "sources": """
        source VARCHAR, connector VARCHAR, timezone VARCHAR, received_at TIMESTAMP, newest_at TIMESTAMP,
        watermark TIMESTAMP, until DATE, fingerprint VARCHAR, _held BOOLEAN, _touched BOOLEAN
    """,
    "feeds": "source VARCHAR, relation VARCHAR, columns VARCHAR[], _by VARCHAR",
    "fills": """
        relation VARCHAR, source VARCHAR, channel VARCHAR, column_name VARCHAR, row_count BIGINT, filled BIGINT,
        lowest TIMESTAMP, highest TIMESTAMP
    """,
    "unmapped": "source VARCHAR, kind VARCHAR, value VARCHAR, row_count BIGINT",
    "cut_identifiers": "kind VARCHAR, value BIGINT, reason VARCHAR, amount BIGINT",
    "tombstones": "what VARCHAR, name VARCHAR, value BIGINT, along_with BIGINT, erased_at TIMESTAMP",
    "learned_kinds": """
        kind VARCHAR, learned BOOLEAN, asked BIGINT, played BIGINT, pairs BIGINT, matches BIGINT, held BIGINT,
        held_found BIGINT
    """,
    "learned_levels": """
        kind VARCHAR, place INTEGER, field VARCHAR, level VARCHAR, pairs BIGINT, matches BIGINT, m DOUBLE, u DOUBLE
    """,
    "learned_patterns": """
        kind VARCHAR, pattern VARCHAR, m DOUBLE, u DOUBLE, pairs BIGINT, matches BIGINT, probability DOUBLE,
        odds DOUBLE, held_pairs BIGINT, held_matches BIGINT
    """,
    "learned_worths": "way INTEGER, place INTEGER, level INTEGER, m DOUBLE, u DOUBLE",
    "learned_odds": "way INTEGER, code BIGINT, odds DECIMAL(18,9)",
    "learned_crowds": "kind VARCHAR, value BIGINT, people BIGINT",
    "learned_held": "kind VARCHAR, twentieth INTEGER, pairs BIGINT, predicted DECIMAL(18,6), matches BIGINT",
    "changed_interactions": "source VARCHAR, interaction_id VARCHAR",
    "gone_identifiers": "kind VARCHAR, value BIGINT",
    "gone_moments": "kind VARCHAR, intent VARCHAR, started_at TIMESTAMP",
    "unbuilt_interactions": "source VARCHAR, interaction_id VARCHAR",
    "unbuilt_people": "person_id BIGINT",
}


HELD = "held_"  # before the name of a relation: its rows of sources that complete others, or are completed


def stored(relation: str, *, held: bool) -> str:
    """The store's table of a relation's rows: where readers see them, or where they wait to be put together."""
    return HELD + relation if held else relation


def columns_of(table: str) -> dict[str, str]:
    """The columns of a relation's table and their types, hidden ones last. Their order in a table may be another."""
    relation = RELATIONS[table.removeprefix(HELD)]
    hidden = RECORD if relation.written_by == "connector" else {}
    columns: dict[str, str] = {column.name: column.type for column in relation.columns}
    return columns | dict(HIDDEN.get(relation.name, hidden))


def stored_relations(connection: duckdb.DuckDBPyConnection, source: str, *, own: bool = False) -> dict[str, list[str]]:
    """The relations a source feeds, and the columns of each that may hold something.

    Args:
        own: without what the sources that complete it add.
    """
    rows = connection.execute(
        "select relation, columns from feeds where source = $source and (not $own or _by is null) order by all",
        {"source": source, "own": own},
    )
    found: dict[str, set[str]] = {}
    for relation, columns in rows.fetchall():
        found.setdefault(relation, set()).update(columns)
    return {name: [each for each in RELATIONS[name].names if each in columns] for name, columns in found.items()}


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that are not there yet."""
    present = _present(connection)
    wanted = {name: _shape(name) for name in RELATIONS} | LEDGER
    missing = {name: shape for name, shape in wanted.items() if name not in present}
    if missing:
        with transaction(connection):
            for name, shape in missing.items():
                connection.execute(f"create table {name} ({shape})")


def make_held(connection: duckdb.DuckDBPyConnection, relations: Iterable[str]) -> None:
    """Make the tables in which rows of these relations, and their identifiers, wait."""
    present = _present(connection)
    for name in {*relations, "identifiers"}:
        if stored(name, held=True) not in present:
            table = stored(name, held=True)
            connection.execute(f"create table {table} ({_shape(table)})")


def held_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The relations that have rows waiting."""
    return sorted(name.removeprefix(HELD) for name in _present(connection) if name.startswith(HELD))


def _shape(table: str) -> str:
    return ", ".join(f"{named(column)} {kind}" for column, kind in columns_of(table).items())


def _present(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables, and `followups` also where it is a view."""
    listed = "select table_name from information_schema.tables where table_catalog = current_database()"
    return {name for (name,) in connection.execute(listed).fetchall()}
