"""What a source gives of each relation: expressions over the records of its export, or a SELECT of its connector that
runs as it stands."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omnictl.connectors.contract import TABLE, Connector, Options, speed_of
from omnictl.engines.connection import named, quoted
from omnictl.errors import Place, PluginError, did_you_mean
from omnictl.relations import RELATIONS, Relation
from omnictl.sources import Source, Text

if TYPE_CHECKING:
    import duckdb

FILE = "file"
RECORD, PATH = "record", "path"  # columns of `file` that the host adds
ADDED = frozenset({RECORD, PATH})
ROW_MAKERS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
NOT_PLAIN = frozenset({"SUBQUERY", "WINDOW", "STAR", "POSITIONAL_REFERENCE"})


@dataclass(frozen=True)
class Feed:
    """Expressions over the records of an export, by column of one relation, and by kind of identifier."""

    source: Source
    relation: Relation
    columns: Mapping[str, Text]
    where: Text | None = None
    identifiers: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True)
class Query:
    """A SELECT over `file` that groups, joins or looks at other records. `sql` takes `parameters`."""

    source: Source
    relation: Relation
    sql: str
    parameters: Mapping[str, Any]
    what: str


@dataclass(frozen=True)
class Prepared:
    """A table that a connector's SELECTs read beside `file`, made once for all of them."""

    name: str
    sql: str
    parameters: Mapping[str, Any]
    what: str


def prepared_of(
    connection: duckdb.DuckDBPyConnection, connector: type[Connector], options: Options
) -> tuple[Prepared, ...]:
    """The prepared tables of a connector, each after those it reads.

    Raises:
        PluginError: SQL of a connector that cannot be read.
    """
    made: list[Prepared] = []
    for name, text in connector.prepared.items():
        what = f"connector {connector.name}, table {name}"
        statement = _parsed(connection, text, what)
        _check_options(statement, options, what)
        _check_tables(statement, what, {each.name for each in made})
        parameters = {each["key"]: options[each["key"]] for each in statement.get("named_param_map") or ()}
        made.append(Prepared(name, text.strip().rstrip(";"), parameters, what))
    return tuple(made)


def feeds_of(
    connection: duckdb.DuckDBPyConnection, source: Source, connector: type[Connector], options: Options
) -> list[Feed | Query]:
    """The feeds of a source whose rows are made by SQL, in the order of the relations; none for the other speeds.

    Raises:
        PluginError: SQL of a connector that cannot be read.
    """
    if speed_of(connector) == TABLE:
        relation = RELATIONS[source.relation]
        return [Feed(source, relation, source.columns, source.where, source.identifiers)]
    named_in_order = [name for name in RELATIONS if name in connector.relations]
    return [_read(connection, source, connector, name, options) for name in named_in_order]


def given_feed(source: Source, relation: Relation, columns: Mapping[str, str], what: str, *, outcomes: bool) -> Feed:
    """The feed of rows that stand in a table already, under the names of our columns.

    Args:
        columns: their names and types.
        outcomes: look codes up by the connector's `outcomes`.

    Raises:
        PluginError: a column is none of the relation's, or one that must be there is missing.
    """
    texts = {name: Text(named(name), Place(what)) for name in columns}
    _check_columns(relation, texts, what)
    if outcomes and "outcome" in texts:
        texts.setdefault("outcome_detail", Text("outcome", Place(what)))
        texts["outcome"] = Text('outcome("outcome")', Place(what))
    if relation.column("outcome_detail") is None:
        texts.pop("outcome_detail", None)
    return Feed(source, relation, texts)


def _read(
    connection: duckdb.DuckDBPyConnection, source: Source, connector: type[Connector], name: str, options: Options
) -> Feed | Query:
    what = f"connector {connector.name}, relation {name}"
    text = connector.relations[name]
    relation = RELATIONS[name]
    statement = _parsed(connection, text, what)
    _check_options(statement, options, what)
    _check_tables(statement, what, set(connector.prepared))
    node = statement["node"]
    if not _plain(node, connection):
        parameters = {each["key"]: options[each["key"]] for each in statement.get("named_param_map") or ()}
        return Query(source, relation, text.strip().rstrip(";"), parameters, what)
    filled = _with_options(connection, node, options)
    columns: dict[str, Text] = {}
    given: set[str] = set()
    for item in filled["select_list"]:
        column = item.get("alias") or str(item.get("column_names", [""])[-1])
        if not column:
            hint = "say which column it fills: … as …"
            raise PluginError(f"{what}: `{_text_of(connection, filled, item)}` has no name", hint=hint)
        if column in given:
            raise PluginError(f"{what}: `{column}` is given twice")
        given.add(column)
        columns[column] = Text(_text_of(connection, filled, item), _place(what, text, item))
        if column == "outcome" and item.get("function_name") == "outcome":
            code = item["arguments"][0]["expression"]
            columns.setdefault("outcome_detail", Text(_text_of(connection, filled, code), _place(what, text, code)))
    if relation.column("outcome_detail") is None:
        columns.pop("outcome_detail", None)
    _check_columns(relation, columns, what)
    condition = filled.get("where_clause")
    where = Text(_text_of(connection, filled, condition), _place(what, text, condition)) if condition else None
    return Feed(source, relation, columns, where)


def _parsed(connection: duckdb.DuckDBPyConnection, text: str, what: str) -> dict[str, Any]:
    """The tree of one SELECT."""
    row = connection.execute("select json_serialize_sql($sql)", {"sql": text}).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {}
    if tree.get("error"):
        position = int(tree.get("position") or 0)
        line = text.count("\n", 0, position) + 1
        raise PluginError(f"{what}: line {line}: {tree.get('error_message', 'this is not SQL')}")
    if len(tree["statements"]) != 1:
        raise PluginError(f"{what}: one SELECT is expected, not {len(tree['statements'])} statements")
    statement: dict[str, Any] = tree["statements"][0]
    return statement


def _check_options(statement: Mapping[str, Any], options: Options, what: str) -> None:
    for each in statement.get("named_param_map") or ():
        if each["key"] not in options:
            raise PluginError(f"{what}: `${each['key']}` is not an option", hint=did_you_mean(each["key"], options))


def _check_tables(statement: Mapping[str, Any], what: str, prepared: Collection[str]) -> None:
    """See that a SELECT reads `file` and nothing else: rows must not depend on what the store or the machine holds."""
    nodes = list(_dicts(statement))
    own = {entry["key"].casefold() for node in nodes for entry in (node.get("cte_map") or {}).get("map", ())}
    for node in nodes:
        if node.get("type") == "BASE_TABLE" and "qualified_name" in node:
            path = [part.casefold() for part in node["qualified_name"]["path"]]
            if len(path) != 1 or path[0] not in own | {FILE, *prepared}:
                known = " and ".join(f"`{each}`" for each in (FILE, *sorted(prepared)))
                raise PluginError(f"{what}: `{'.'.join(path)}` cannot be read; there is {known}, and nothing else")
        elif node.get("type") == "TABLE_FUNCTION" and "function" in node:
            name = str(node["function"].get("function_name", "")).casefold()
            if name not in ROW_MAKERS:
                raise PluginError(f"{what}: {name}() cannot be used; there is `{FILE}`, and nothing else")


def _dicts(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
    for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _dicts(value)


def _plain(node: Mapping[str, Any], connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a SELECT makes each row of one record of `file`, and so can be taken apart."""
    if node["type"] != "SELECT_NODE" or node["from_table"].get("type") != "BASE_TABLE":
        return False
    table = node["from_table"]
    if table["qualified_name"]["path"] != [FILE] or table["alias"] or table["sample"] or table["column_name_alias"]:
        return False
    if node["modifiers"] or (node["cte_map"] or {}).get("map") or node["group_expressions"]:
        return False
    if node["having"] or node["qualify"] or node["sample"]:
        return False
    nodes = list(_nodes(node["select_list"])) + list(_nodes(node["where_clause"]))
    if any(each["class"] in NOT_PLAIN for each in nodes):
        return False
    called = sorted({str(each.get("function_name", "")).lower() for each in nodes if each["class"] == "FUNCTION"})
    ((aggregates,),) = connection.execute(
        """
        select count(*) from duckdb_functions()
        where function_type in ('aggregate', 'table') and list_contains($called::varchar[], lower(function_name))
        """,
        {"called": [name.replace("count_star", "count") for name in called]},
    ).fetchall()
    return not aggregates


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    return (each for each in _dicts(part) if "class" in each and "type" in each)


def _with_options(connection: duckdb.DuckDBPyConnection, node: dict[str, Any], options: Options) -> dict[str, Any]:
    """The tree with a literal in place of each `$option`."""

    def replaced(part: Any) -> Any:
        if isinstance(part, list):
            return [replaced(each) for each in part]
        if not isinstance(part, dict):
            return part
        if part.get("class") == "PARAMETER":
            return literal_tree(connection, options[part["identifier"]]) | {"alias": part["alias"]}
        return {key: replaced(value) for key, value in part.items()}

    answer: dict[str, Any] = replaced(node)
    return answer


def literal_tree(connection: duckdb.DuckDBPyConnection, value: Any) -> dict[str, Any]:
    """A value as a node of DuckDB's tree."""
    row = connection.execute("select json_serialize_sql($sql)", {"sql": f"select {literal(value)}"}).fetchone()
    tree: dict[str, Any] = json.loads(row[0])["statements"][0]["node"]["select_list"][0] if row else {}
    return tree


def literal(value: Any) -> str:
    """An option's value as an SQL literal; a duration is its seconds."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "total_seconds"):
        return repr(value.total_seconds())
    return repr(value) if isinstance(value, (int, float)) else quoted(str(value))


def _text_of(connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    """The SQL of one expression of a tree."""
    empty = {
        **node,
        "select_list": [{**item, "alias": ""}],
        "where_clause": None,
        "from_table": {"type": "EMPTY", "alias": "", "sample": None},
    }
    told = {"error": False, "statements": [{"node": empty, "named_param_map": []}]}
    ((text,),) = connection.execute("select json_deserialize_sql($tree)", {"tree": json.dumps(told)}).fetchall()
    return str(text).removeprefix("SELECT ").strip()


def _place(what: str, text: str, item: Mapping[str, Any]) -> Place:
    offset = int(item.get("query_location") or 0)
    before = text[:offset]
    return Place(what, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _check_columns(relation: Relation, columns: Mapping[str, Text], what: str) -> None:
    """See that columns are the relation's, and that those are there which no row can be without."""
    known = [name for name in relation.names if name != "source"]
    if relation.name == "interactions":
        known += ["page", "wrap_up", "ivr_node"]
    for name in columns:
        if name not in known:
            hint = did_you_mean(name, known)
            raise PluginError(f"{what}: `{name}` is not a column of {relation.name}", hint=hint)
    for name in relation.needed:
        if name not in columns:
            raise PluginError(f"{what}: there is no `{name}`, which no row of {relation.name} can be without")
