"""The expressions of a mapping: what may be written, which columns of the export they name, and their types.

A text is read by DuckDB's own parser, the one that will run it, so there is no second opinion on what it means. One
scalar expression passes: no sub-query, aggregate, window or table, nothing that depends on the moment of the run.
A text that is exactly the name of a column of the export (`Call Id`) is that column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from omnictl.connectors.names import folded
from omnictl.engines.connection import named
from omnictl.errors import DefinitionError, Finding, Place, did_you_mean
from omnictl.workspace import Text

if TYPE_CHECKING:
    import duckdb

PREFIX = "select (\n"  # the newline ends a comment that the text may begin with; another one follows the text
ALLOWED = frozenset(
    {
        "BETWEEN",
        "CASE",
        "CAST",
        "COLLATE",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "LAMBDA",
        "OPERATOR",
        "TYPE",
    }
)
REFUSED = {
    "SUBQUERY": "a sub-query",
    "WINDOW": "a window function",
    "STAR": "`*` or columns()",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a column by position",
    "DEFAULT": "DEFAULT",
}
MOMENT = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
PLAINLY_SQL = re.compile(r"""['"(),:\[\]{}]""")
ROW_MAKERS = frozenset({"unnest", "generate_subscripts"})


@dataclass(frozen=True)
class Expression:
    """An expression as it will be run, and the columns it names, as written.

    `fault` is set when the text is no expression: it can then only be the name of a column.
    """

    text: Text
    what: str
    sql: str
    columns: frozenset[str]
    places: Mapping[str, Place]
    type: str = ""
    fault: Finding | None = None

    @property
    def is_column(self) -> bool:
        """Whether it is a column of the export and nothing more."""
        return len(self.columns) == 1 and self.sql == named(next(iter(self.columns)))

    @property
    def needs(self) -> frozenset[str]:
        """The columns the export must have. `Date/Time` may be a quotient or a name: which, only the export tells."""
        plainly_sql = PLAINLY_SQL.search(self.text.text) is not None
        if self.fault:  # a strange name, or an expression with a slip: then the slip is what to tell
            return frozenset() if plainly_sql else self.columns
        either = not self.is_column and not plainly_sql
        return frozenset() if either else self.columns


@dataclass(frozen=True)
class Functions:
    """The names of DuckDB's functions that a mapping cannot use."""

    aggregate: frozenset[str]
    volatile: frozenset[str]
    _known: ClassVar[Functions | None] = None

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> Functions:
        """Those of this DuckDB: they are listed once in a process, which takes as long as a small source."""
        if cls._known is None:
            cls._known = cls._listed(connection)
        return cls._known

    @classmethod
    def _listed(cls, connection: duckdb.DuckDBPyConnection) -> Functions:
        rows = connection.execute(
            """
            select lower(function_name), function_type = 'aggregate', coalesce(stability <> 'CONSISTENT', false)
            from duckdb_functions() where function_type in ('aggregate', 'scalar')
            """
        ).fetchall()
        return cls(
            frozenset(name for name, aggregate, _ in rows if aggregate),
            frozenset(name for name, aggregate, volatile in rows if volatile and not aggregate),
        )


def read_expression(connection: duckdb.DuckDBPyConnection, functions: Functions, text: Text, what: str) -> Expression:
    """Parse one text of a mapping.

    Args:
        what: what it fills, for messages: "`started_at` of source `crm`".

    Raises:
        DefinitionError: it is an expression, but not one a mapping may hold.
    """
    trimmed = text.text.strip()
    tree, fault = _parsed(connection, text, what)
    if tree is None:
        return Expression(text, what, named(trimmed), frozenset({trimmed}), {}, fault=fault)
    findings = list(_refusals(tree, functions, text, what))
    if findings:
        raise DefinitionError(findings)
    found = list(_columns(tree, frozenset()))
    places = {name: _place(text, offset, width) for name, offset, width in reversed(found)}
    bare = tree["class"] == "COLUMN_REF" and len(tree["column_names"]) == 1
    sql = named(found[0][0]) if bare else f"(\n{text.text}\n)"
    return Expression(text, what, sql, frozenset(name for name, _, _ in found), places)


def bound(
    connection: duckdb.DuckDBPyConnection, expressions: Iterable[Expression], columns: Mapping[str, str]
) -> list[Expression]:
    """The expressions with their types, over the columns of one export.

    Args:
        columns: the export's columns and their DuckDB types.

    Raises:
        DefinitionError: a column the export does not have, or an expression DuckDB refuses, all of them at once.
    """
    import duckdb

    resolved, findings = [], []
    known = {folded(name): name for name in columns}
    for expression in expressions:
        missing = sorted(name for name in expression.columns if folded(name) not in known)
        whole = expression.text.text.strip()
        if (missing or expression.fault) and folded(whole) in known:
            own = known[folded(whole)]
            expression = replace(expression, sql=named(own), columns=frozenset({own}), fault=None)
        elif expression.fault:
            findings.append(expression.fault)
            continue
        elif missing:
            findings.extend(_missing(expression, name, columns) for name in missing)
            continue
        resolved.append(expression)
    if findings:
        raise DefinitionError(findings)
    try:
        return _typed(connection, resolved, columns)
    except duckdb.Error:  # one of them, or several: ask for each
        alone = [_typed_alone(connection, expression, columns, findings) for expression in resolved]
    if findings:
        raise DefinitionError(findings)
    return alone


def _typed(
    connection: duckdb.DuckDBPyConnection, expressions: list[Expression], columns: Mapping[str, str]
) -> list[Expression]:
    if not expressions:
        return []
    shape = ", ".join(f"null::{kind} as {named(name)}" for name, kind in columns.items())
    values = ", ".join(f"{expression.sql} as v{n}" for n, expression in enumerate(expressions))
    rows = connection.execute(f"describe select {values} from (select {shape}) as file").fetchall()
    return [replace(expression, type=str(row[1])) for expression, row in zip(expressions, rows, strict=True)]


def _typed_alone(
    connection: duckdb.DuckDBPyConnection,
    expression: Expression,
    columns: Mapping[str, str],
    findings: list[Finding],
) -> Expression:
    import duckdb

    try:
        return _typed(connection, [expression], columns)[0]
    except duckdb.Error as error:
        words = str(error).split("\n\nLINE", 1)[0].strip()
        message = f"{expression.what} cannot be evaluated: {words}"
        findings.append(expression.text.finding("expression-refused", message, _hint_of(words)))
        return expression


def _hint_of(words: str) -> str:
    if "Cannot deduce template type" in words or "No function matches" in words or "Cannot compare" in words:
        return "cells of CSV and Excel are text: cast them, as in wait::integer or strptime(opened, '%d/%m/%Y %H:%M')"
    return ""


def _missing(expression: Expression, name: str, columns: Mapping[str, str]) -> Finding:
    place = expression.places.get(name, expression.text.place)
    message = f"{expression.what} names `{name}`, which is not a column of the export"
    if name.casefold() in MOMENT:
        message = f"{expression.what} may not depend on the moment of the run: {name}"
    hint = did_you_mean(name, columns)
    if not expression.is_column and "'" not in expression.text.text and hint.startswith("known"):
        hint += "; a text stands in single quotes: 'phone'"
    return Finding("column-not-in-export", message, place, hint, excerpt=expression.text.line)


def _parsed(
    connection: duckdb.DuckDBPyConnection, text: Text, what: str
) -> tuple[dict[str, Any] | None, Finding | None]:
    """The tree of one expression, or why there is none."""
    asked = {"sql": f"{PREFIX}{text.text}\n)"}
    answer = json.loads(connection.execute("select json_serialize_sql($sql)", asked).fetchall()[0][0])
    if answer["error"]:
        words = str(answer.get("error_message", "not an expression"))
        offset = int(answer.get("position") or len(PREFIX)) - len(PREFIX)
        finding = Finding(
            "expression-syntax",
            f"{what} is not an expression: {words}",
            _place(text, min(max(0, offset), max(0, len(text.text) - 1)), 1),
            'SQL over the columns of the export; a name with spaces stands in double quotes: "Call Id"',
            excerpt=text.line,
        )
        return None, finding
    select = answer["statements"][0]["node"] if len(answer["statements"]) == 1 else {}
    alone = (
        select.get("type") == "SELECT_NODE"
        and len(select["select_list"]) == 1
        and select["from_table"]["type"] == "EMPTY"
        and not select["where_clause"]
        and not select["group_expressions"]
        and not select["modifiers"]
    )
    tree = select["select_list"][0] if alone else None
    if tree is None or (tree["class"] == "FUNCTION" and tree["function_name"] == "row"):
        return None, text.finding("expression-syntax", f"{what} must be one expression", "one value per record")
    return tree, None


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "class" in part and "type" in part:
            yield part
        for value in part.values():
            yield from _nodes(value)
    elif isinstance(part, list):
        for value in part:
            yield from _nodes(value)


def _refusals(tree: dict[str, Any], functions: Functions, text: Text, what: str) -> Iterator[Finding]:
    for node in _nodes(tree):
        name = str(node.get("function_name", "")).lower().replace("count_star", "count")
        if node["class"] == "FUNCTION" and name in functions.aggregate | ROW_MAKERS:
            refused = f"{name}() makes one value of many rows" if name not in ROW_MAKERS else f"{name}() makes rows"
        elif node["class"] == "FUNCTION" and name in functions.volatile:
            refused = f"{name}() depends on the moment of the run"
        elif node["class"] not in ALLOWED or node["type"] == "GROUPING_FUNCTION":
            refused = REFUSED.get(node["class"], node["class"].lower().replace("_", " ")) + " is not accepted"
        else:
            continue
        place = _place(text, _offset(node), int(node.get("query_location_length") or 1))
        message = f"{what} must be a value of one record: {refused}"
        yield Finding("expression-not-scalar", message, place, excerpt=text.line)


def _columns(part: Any, own: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    """Name, offset and width of every column of the export; parameters of lambdas are none."""
    if isinstance(part, list):
        for value in part:
            yield from _columns(value, own)
        return
    if not isinstance(part, dict):
        return
    if part.get("class") == "COLUMN_REF":
        name = str(part["column_names"][0])
        if name not in own:
            yield name, _offset(part), int(part.get("query_location_length") or 1)
        return
    if part.get("class") == "LAMBDA":
        parameters = frozenset(name for name, _, _ in _columns(part.get("lhs"), frozenset()))
        yield from _columns(part.get("expr"), own | parameters)
        return
    for value in part.values():
        yield from _columns(value, own)


def _offset(node: dict[str, Any]) -> int:
    return max(0, int(node.get("query_location", 0)) - len(PREFIX))


def _place(text: Text, offset: int, width: int) -> Place:
    """The place of a part of a text; of the whole text when it is quoted or folded in its file."""
    begin = text.line.find(text.text, text.place.column - 1) if text.text else -1
    if begin < 0 or offset >= len(text.text):
        return text.place
    return Place(text.place.file, text.place.line, begin + 1 + offset, max(1, min(width, len(text.text) - offset)))
