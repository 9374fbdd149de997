"""The published store as a person may read it: views that leave personal columns out, and the guard of SQL written
by hand.

The published file is attached read-only to a database in memory under a name drawn at random; what can be read are
views of the same names as the relations. A text passes only when DuckDB's own parser finds in it one SELECT that
names nothing but these views, its own CTEs and functions that make rows out of nothing. The check works on the
parser's tree, so there is no second opinion on what the text means, and what is not known to be harmless is refused.
The connection is locked besides: no file, no network, no extension, no setting.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omnictl.engines.connection import READER_SECONDS, lock_in, named, open_memory, quoted, spill_of, told
from omnictl.engines.store import check_format
from omnictl.errors import EngineError, did_you_mean
from omnictl.relations import RELATIONS
from omnictl.render.table import Col, Table

if TYPE_CHECKING:
    import duckdb

    from omnictl.engines.store import Store

BOOKKEEPING = {  # tables omnictl keeps beside the relations
    "sources": "one source: its connector, zone, and up to when it is complete",
    "files": "one export file that was loaded",
    "feeds": "one relation a source gives rows of, and the columns it may fill",
    "fills": "one column of one source and channel: how many rows, how many filled",
    "unmapped": "one value of a source that no match rule or mapping knows",
}

HEX = "printf('%016x', {})"  # how people are shown: programs take large numbers for floating ones
MAX_CHARACTERS = 100_000
AT_ONCE = 10_000  # rows fetched in one piece: while DuckDB makes Python's rows, no other thread gets on

QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
TABLE_NODES = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT", "SHOW_REF", "COLUMN_DATA"}
)
ROW_MAKERS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
SHOWN = frozenset({"DESCRIBE", "SUMMARY"})


def readable(present: Mapping[str, list[str]], *, personal: bool) -> dict[str, list[str]]:
    """The columns that may be read of each table, by table.

    Args:
        present: the tables of the published store and their columns.
        personal: whether personal columns may be read too.
    """
    found: dict[str, list[str]] = {}
    for name, relation in RELATIONS.items():
        if name in present:
            allowed = [column for column in relation.names if personal or column not in relation.personal]
            found[name] = [column for column in allowed if column in present[name]]
    for name in BOOKKEEPING:
        if name in present and name not in RELATIONS:
            found[name] = [column for column in present[name] if not column.startswith("_")]
    return found


def guard(tree: Mapping[str, Any], tables: Mapping[str, Any]) -> None:
    """Refuse a parsed text that is more than one SELECT over the tables given.

    Args:
        tree: what `json_serialize_sql` makes of the text.

    Raises:
        EngineError: says what is not accepted.
    """
    if tree.get("error"):
        hint = "one SELECT is accepted; it may begin with WITH, FROM, VALUES or DESCRIBE"
        raise EngineError(_refusal(tree), hint=hint)
    statements = tree["statements"]
    if len(statements) != 1:
        count = len(statements) or "no"
        raise EngineError(f"one SELECT is accepted, the text holds {count} statements")
    nodes = list(_walk(statements[0]))
    own = {entry["key"].casefold() for node in nodes for entry in (node.get("cte_map") or {}).get("map", ())}
    known = {name.casefold() for name in tables} | own
    for node in nodes:
        _judge(node, known, tables)


def _refusal(tree: Mapping[str, Any]) -> str:
    words = str(tree.get("error_message", "")).strip()
    if tree.get("error_type") == "parser":
        return f"this is not SQL: {words}"
    return "this is not a SELECT" if "Only SELECT" in words else f"this cannot be accepted: {words}"


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            yield current
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)


def _judge(node: dict[str, Any], known: set[str], tables: Mapping[str, Any]) -> None:
    kind = node.get("type")
    if "cte_map" in node and kind not in QUERY_NODES:
        raise EngineError("nothing can be changed here: only reading is accepted")
    if "sample" in node and "alias" in node and kind not in TABLE_NODES:
        raise EngineError(f"{kind} is not accepted here")
    if kind == "BASE_TABLE":
        path = node["qualified_name"]["path"]
        name = ".".join(path)
        if len(path) != 1 or name.casefold() not in known:
            raise EngineError(f"`{name}` cannot be read here", hint=did_you_mean(name, tables))
    elif kind == "TABLE_FUNCTION":
        function = node["function"]
        name = str(function.get("function_name", "")).casefold()
        if name not in ROW_MAKERS:
            raise EngineError(f"the table function {name}() is not accepted here", hint=did_you_mean("", tables))
    elif kind == "SHOW_REF" and (node.get("show_type") not in SHOWN or not node.get("query")):
        raise EngineError("this is not accepted here", hint="`omnictl show` lists the relations")


@dataclass(frozen=True)
class Reading:
    """An open published store. `tables` are the columns that can be read, by table.

    Attributes:
        unmade: the statements that make the views a text may name; each is carried out when a text first does.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Mapping[str, list[str]]
    hidden: frozenset[str]  # names of personal columns that were left out
    unmade: dict[str, str] = field(default_factory=dict)

    def answer(self, sql: str, limit: int | None = None) -> tuple[Table, bool]:
        """The rows of one SELECT, and whether there are more than `limit`.

        Raises:
            EngineError: the text is refused, or the database cannot answer it.
        """
        import duckdb

        if len(sql) > MAX_CHARACTERS:  # what a text costs before it runs is under no limit of the database
            raise EngineError(f"the text has {len(sql):,} characters: {MAX_CHARACTERS:,} are accepted")
        try:
            guard(self._parsed(sql), self.tables)
            self._make_views(sql.casefold())
            return self._rows(sql, limit)
        except duckdb.Error as error:
            raise EngineError(str(error), hint=self._hint(str(error))) from error
        except (OverflowError, ValueError) as error:
            hint = "cast it to text: cast(… as varchar)"
            raise EngineError(f"a value lies outside what can be shown: {error}", hint=hint) from error

    def _make_views(self, folded: str) -> None:
        for name in [name for name in self.unmade if name in folded]:
            self.connection.execute(self.unmade.pop(name))

    def _parsed(self, sql: str) -> dict[str, Any]:
        row = self.connection.execute("select json_serialize_sql(?::varchar)", [sql]).fetchone()
        try:
            tree: dict[str, Any] = json.loads(row[0]) if row else {}
        except RecursionError:
            raise EngineError("the text is nested too deeply") from None
        return tree

    def _rows(self, sql: str, limit: int | None) -> tuple[Table, bool]:
        cursor = self.connection.execute(sql)
        names = [column[0] for column in cursor.description]
        types = [str(column[1]) for column in cursor.description]
        zoned = ["WITH TIME ZONE" in kind.upper() for kind in types]
        if any(zoned):
            # Python needs one more package to take a zoned time; as UTC it needs none
            columns = [f"c{number}" for number in range(len(names))]
            wanted = ", ".join(f"{c}::timestamp" if z else c for c, z in zip(columns, zoned, strict=True))
            text = sql.rstrip().rstrip(";")
            cursor = self.connection.execute(f"select {wanted} from (\n{text}\n) as t({', '.join(columns)})")
        rows = _fetched(cursor, limit)
        more = limit is not None and len(rows) > limit
        columns_out = [Col(name, "UTC" if z else "", type=t) for name, z, t in zip(names, zoned, types, strict=True)]
        return Table(columns_out, rows[:limit] if more else rows), more

    def _hint(self, words: str) -> str:
        missing = re.search(r'column "(\w+)" not found', words)
        if missing and missing[1] in self.hidden:
            return f"`{missing[1]}` is a personal column: --personal shows it"
        return ""


def _fetched(cursor: duckdb.DuckDBPyConnection, limit: int | None) -> list[tuple[Any, ...]]:
    """The rows of an answer; when there is a limit, one more than that at most."""
    rows: list[tuple[Any, ...]] = []
    wanted = AT_ONCE if limit is None else limit + 1
    while piece := cursor.fetchmany(min(AT_ONCE, wanted)):
        rows += piece
        if limit is not None and (wanted := limit + 1 - len(rows)) <= 0:
            break
    return rows


@contextmanager
def read_published(store: Store, *, personal: bool = False, seconds: float = READER_SECONDS) -> Iterator[Reading]:
    """Open the published store for one reader.

    Args:
        seconds: how long one statement may take.

    Raises:
        EngineError: nothing is published yet, or the file cannot be read.
    """
    import duckdb

    file = store.published
    if not file.exists():
        raise EngineError(f"there is no data yet: {file} does not exist", hint="`omnictl run` makes it")
    name = f"store_{secrets.token_hex(8)}"  # nothing can name it: the guard refuses qualified names
    connection = open_memory(spill_of(file), memory=store.memory, threads=store.threads)
    try:
        try:
            connection.execute(f"attach {quoted(str(file))} as {name} (read_only); use {name}")
        except duckdb.Error as error:
            raise told(error, f"the store {file} cannot be opened") from error
        check_format(connection, file)
        connection.execute("use memory")
        tables = readable(_present(connection, name), personal=personal)
        views = {table: _view(name, table, columns) for table, columns in tables.items()}
        lock_in(connection, seconds)
        yield Reading(connection, tables, frozenset() if personal else _personal(), views)
    finally:
        connection.close()


def _personal() -> frozenset[str]:
    return frozenset[str]().union(*(relation.personal for relation in RELATIONS.values()))


def _people(table: str) -> frozenset[str]:
    """The columns of a relation that name people."""
    return (
        frozenset(column.name for column in RELATIONS[table].columns if column.of_person)
        if table in RELATIONS
        else frozenset()
    )


def _present(connection: duckdb.DuckDBPyConnection, store: str) -> dict[str, list[str]]:
    """The columns of a store, by table."""
    listed = "select table_name, column_name from duckdb_columns() where database_name = $name order by column_index"
    present: dict[str, list[str]] = {}
    for table, column in connection.execute(listed, {"name": store}).fetchall():
        present.setdefault(table, []).append(column)
    return present


def _view(store: str, table: str, columns: list[str]) -> str:
    """The statement that makes the view of a table."""
    people = _people(table)
    chosen = ", ".join(f"{HEX.format(named(c))} as {named(c)}" if c in people else named(c) for c in columns)
    return f"create view {named(table)} as select {chosen} from {store}.main.{named(table)}"
