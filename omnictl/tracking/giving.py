"""What sources give: which of our columns and identifiers each fills, from which of the vendor's fields, on which
channels. Read from omnictl.yml and from what connectors say of themselves; no export and no store is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from omnictl.connectors.contract import SQL, Connector, speed_of
from omnictl.errors import DefinitionError, PluginError
from omnictl.referential import MATCH_KEYS
from omnictl.relations import RELATIONS
from omnictl.relations.column import CHANNELS
from omnictl.sources import Source, Text
from omnictl.tracking.plan import IDENTIFIER, TOLD_BY, Feed
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    from omnictl.connectors.registry import Registry

MOST_DEEP = 12  # names that lead to names
LONGEST = 400  # characters of an expression that is told

Columns = Mapping[str, Feed]  # our column, or `identifier.KIND` → what gives it


@dataclass(frozen=True)
class Given:
    """What one source gives.

    Attributes:
        relations: relation → columns; identifiers stand with the relation of their owner.
        channels: of its contacts; () when only the data tell.
        named: those that its mapping names, where the data may tell others.
        elsewhere: those it is not taken to give, though only the data tell: others name them, and it does not.
        kinds: relation → types of steps, questions or kinds of segments; a relation that lacks here may give any.
        silent: whether its connector does not tell what it gives.
    """

    source: Source
    relations: Mapping[str, Columns] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    silent: bool = False
    named: tuple[str, ...] = ()
    elsewhere: frozenset[str] = frozenset()

    def gives(self, relation: str, channel: str | None, kind: str) -> bool:
        """Whether its rows may be of an event, as far as that is said."""
        if relation not in self.relations:
            return False
        if channel is not None and (channel in self.elsewhere or channel not in (self.channels or (channel,))):
            return False
        return not kind or kind in self.kinds.get(relation, (kind,))


def given_by(workspace: Workspace, registry: Registry) -> dict[str, Given]:
    """What each source of a workspace gives, in the order they are written. One that completes another has its
    channels, besides its own."""
    import duckdb

    from omnictl.engines.connection import OFFLINE
    from omnictl.ingest.expressions import Functions

    found: dict[str, Given] = {}
    with duckdb.connect(config=dict(OFFLINE)) as connection:
        functions = Functions.of(connection)
        for name, source in workspace.sources.items():
            if source.declared:
                found[name] = _declared(source, workspace, _Fields(connection, functions))
            else:
                found[name] = _of_connector(source, workspace, registry)
    return _apart({name: _completing(given, found) for name, given in found.items()})


def _apart(givens: Mapping[str, Given]) -> dict[str, Given]:
    """Sources whose channels only the data tell do not stand for those that others name: a switch records no visits
    of a web site because its export has a column for the medium."""
    told = {channel for given in givens.values() for channel in given.channels}
    return {
        name: given if given.channels else replace(given, elsewhere=frozenset(told.difference(given.named)))
        for name, given in givens.items()
    }


def _completing(given: Given, others: Mapping[str, Given]) -> Given:
    completion = given.source.completion
    other = others.get(completion.of) if completion is not None else None
    if other is None or not other.channels:
        return given if other is None else replace(given, channels=(), named=(*given.named, *given.channels))
    return replace(given, channels=tuple(dict.fromkeys([*other.channels, *given.channels])))


# omnictl.yml


@dataclass(frozen=True)
class _Fields:
    """Names the columns of an export that a text of a mapping is made of, by the parser that will run it."""

    connection: Any
    functions: Any

    def feed(self, source: Source, text: Text) -> Feed:
        from omnictl.ingest.expressions import read_expression

        try:
            columns = read_expression(self.connection, self.functions, text, "a column").columns
        except DefinitionError:  # told when the source is read
            columns = frozenset()
        return Feed(source.name, tuple(sorted(_dotted(text.text, columns))), shortened(text.text))


def _dotted(text: str, columns: frozenset[str]) -> set[str]:
    """The columns, those that hold objects with the fields that are taken of them."""
    tree = _parsed(f"select {text}")
    found = set(columns)
    for node in tree.find_all(exp.Column) if tree is not None else ():
        parts = [part.name for part in node.parts]
        if len(parts) > 1 and parts[0] in columns:
            found = (found - {parts[0]}) | {".".join(parts)}
    return found


def _declared(source: Source, workspace: Workspace, fields: _Fields) -> Given:
    columns = {name: fields.feed(source, text) for name, text in source.columns.items()}
    for kind, text in source.identifiers.items():
        columns[f"{IDENTIFIER}{kind}"] = fields.feed(source, text)
    if source.relation == "interactions":
        columns = _meant(columns, source, workspace)
    told = source.columns.get(TOLD_BY.get(source.relation, ""))
    kinds = texts_of(told.text) if told is not None else None
    channel = source.columns.get("channel")
    channels = tuple(sorted(texts_of(channel.text) or ())) if channel is not None else ()
    return Given(
        source,
        {source.relation: columns},
        channels,
        {source.relation: tuple(sorted(kinds))} if kinds else {},
        named=() if channels or channel is None else _named(channel.text),
    )


def _named(text: str) -> tuple[str, ...]:
    """The channels that stand in an expression which may be others too."""
    projection = _projection(text)
    return tuple(sorted(_texts(projection) & CHANNELS.keys())) if projection is not None else ()


def _meant(columns: dict[str, Feed], source: Source, workspace: Workspace) -> dict[str, Feed]:
    """With what match rules and the caller's number make of other columns."""
    found = dict(columns)
    for rule in workspace.referential.match:
        matched = columns.get(rule.key)
        if matched is None or rule.source not in (None, source.name):
            continue
        gives = {"intent": rule.intent, "solution": rule.solution, "business_line": rule.business_line}
        for column in (name for name, value in gives.items() if value is not None):
            if column == "solution" or column not in found:
                found.setdefault(column, Feed(source.name, matched.fields, f"match rules on {rule.key}"))
        if rule.solution in workspace.referential.intent_of_solution():
            found.setdefault("intent", Feed(source.name, matched.fields, f"match rules on {rule.key}"))
    phone = columns.get(f"{IDENTIFIER}phone")
    for column in ("line_type", "area") if phone is not None else ():
        found.setdefault(column, Feed(source.name, phone.fields if phone else (), "read from the number"))
    if workspace.referential.calendars and "started_at" in columns:
        found.setdefault("in_hours", Feed(source.name, columns["started_at"].fields, "opening hours"))
    return {name: feed for name, feed in found.items() if name == "queue" or name not in MATCH_KEYS}


# connectors


def _of_connector(source: Source, workspace: Workspace, registry: Registry) -> Given:
    try:
        connector = registry.connector(source.connector)
    except PluginError:  # told when the source is read
        return Given(source, silent=True)
    if speed_of(connector) != SQL:
        return Given(source, silent=True)
    relations: dict[str, dict[str, Feed]] = {}
    kinds: dict[str, tuple[str, ...]] = {}
    channels: set[str] = set()
    for relation, text in connector.relations.items():
        reading = _Select(connector, text, source)
        if relation == "identifiers":
            for owner, columns in reading.identifiers().items():
                relations.setdefault(owner, {}).update(columns)
            continue
        if relation not in RELATIONS:  # of a plugin that is not installed here
            continue
        relations.setdefault(relation, {}).update(reading.columns(relation))
        channels |= reading.texts("channel") & CHANNELS.keys() if relation == "interactions" else set()
        if relation in TOLD_BY and (told := reading.texts(TOLD_BY[relation])):
            kinds[relation] = tuple(sorted(told))
    if "interactions" in relations:
        relations["interactions"] = _meant(relations["interactions"], source, workspace)
    return Given(source, relations, tuple(sorted(channels)), kinds)


class _Select:
    """The SELECT a connector gives for a relation, with the tables it prepared."""

    def __init__(self, connector: type[Connector], text: str, source: Source) -> None:
        self.source = source
        self.connector = connector
        self.vendor = _vendor_fields(connector)
        self.tree = _parsed(text)
        self.named: dict[str, list[exp.Expression]] = {}
        prepared = [_parsed(each) for each in connector.prepared.values()]
        for tree in (*prepared, self.tree):
            for select in tree.find_all(exp.Select) if tree is not None else ():
                for projection in select.expressions:
                    self.named.setdefault(projection.alias_or_name.casefold(), []).append(projection.unalias())

    def columns(self, relation: str) -> dict[str, Feed]:
        """The columns of a relation that the SELECT gives; what is NULL throughout is not given."""
        found: dict[str, Feed] = {}
        known = (*RELATIONS[relation].names, *MATCH_KEYS)
        for name, nodes in self._projected().items():
            given = [each for each in nodes if not self._never(each)]
            if name in known and name != "source" and given:
                feeds = [self._feed(each) for each in given]
                fields = tuple(sorted({field for feed in feeds for field in feed.fields}))
                found[name] = replace(feeds[0], fields=fields)
        return found

    def identifiers(self) -> dict[str, dict[str, Feed]]:
        """Relation of the owner → kind → what gives it."""
        found: dict[str, dict[str, Feed]] = {}
        projected = self._projected()
        kinds, values, owners = (projected.get(name, []) for name in ("kind", "value", "owner"))
        for number, (kind, value) in enumerate(zip(kinds, values, strict=False)):
            owner = owners[number] if number < len(owners) else None
            relation = "surveys" if owner is not None and "survey" in _texts(owner) else "interactions"
            for name in sorted(_texts(kind)):
                found.setdefault(relation, {})[f"{IDENTIFIER}{name}"] = self._feed(value)
        return found

    def texts(self, column: str) -> set[str]:
        """The texts that a column may hold, as far as they stand in the SELECT."""
        return {text for each in self._projected().get(column, ()) for text in _texts(each)}

    def _projected(self) -> dict[str, list[exp.Expression]]:
        """Name → what stands for it in each part of a union, whose first part names the columns."""
        selects = list(self._outermost())
        names = [each.alias_or_name.casefold() for each in selects[0].expressions] if selects else []
        found: dict[str, list[exp.Expression]] = {}
        for select in selects:
            for name, projection in zip(names, select.expressions, strict=False):
                found.setdefault(name, []).append(projection.unalias())
        return found

    def _never(self, node: exp.Expression) -> bool:
        """Whether an expression is NULL in every row: a NULL, or an option that the workspace leaves open."""
        if isinstance(node, (exp.Cast, exp.Paren)):
            return self._never(node.this)
        if isinstance(node, (exp.Parameter, exp.Placeholder)):
            default = {option.name: option.default for option in self.connector.options}
            return node.name not in self.source.settings and default.get(node.name) is None
        return isinstance(node, exp.Null)

    def _outermost(self) -> Iterator[exp.Select]:
        if self.tree is None:
            return
        waiting: list[Any] = [self.tree]
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, exp.Select):
                yield node
            elif isinstance(node, exp.SetOperation):
                waiting += [node.left, node.right]
            elif isinstance(node, (exp.Subquery, exp.Paren)):
                waiting.append(node.this)

    def _feed(self, node: exp.Expression) -> Feed:
        return Feed(self.source.name, tuple(sorted(self._fields(node))), shortened(node.sql("duckdb")), connector=True)

    def _fields(self, node: exp.Expression) -> set[str]:
        """The vendor's fields an expression leads to."""
        found: set[str] = set()
        seen: set[str] = set()
        waiting = [(each.name, 0) for each in node.find_all(exp.Column)]
        while waiting:
            name, depth = waiting.pop()
            folded = name.casefold()
            if folded in seen:
                continue
            seen.add(folded)
            if folded in self.vendor:
                found.add(self.vendor[folded])
            elif depth < MOST_DEEP:
                below = (column for each in self.named.get(folded, ()) for column in each.find_all(exp.Column))
                waiting += [(column.name, depth + 1) for column in below]
        return found


def _vendor_fields(connector: type[Connector]) -> dict[str, str]:
    """The columns of its files by their folded names."""
    reads = connector.reads
    if reads is None:
        return {}
    named = [*reads.needs, *reads.optional, *getattr(reads, "columns", ())]
    return {name.casefold(): name for name in named}


@cache  # what a connector prepares is read for each of its relations
def _parsed(text: str) -> exp.Expression | None:
    """The tree of a statement, to be read and never changed; None where it cannot be parsed."""
    try:
        return sqlglot.parse_one(text, dialect="duckdb")  # type: ignore[return-value]
    except sqlglot.ParseError:
        return None


def _texts(node: exp.Expression) -> set[str]:
    """The texts an expression may be: a literal, or what the branches of a CASE or a coalesce give."""
    if isinstance(node, exp.Literal):
        return {node.name} if node.is_string else set()
    if isinstance(node, exp.Paren):
        return _texts(node.this)
    if isinstance(node, exp.Cast):
        return _texts(node.this)
    if isinstance(node, exp.Case):
        results: list[Any] = [each.args["true"] for each in node.args.get("ifs", ())]
        results += [node.args["default"]] if node.args.get("default") is not None else []
        return {text for each in results for text in _texts(each)}
    if isinstance(node, exp.If):
        return _texts(node.args["true"]) | (_texts(node.args["false"]) if node.args.get("false") else set())
    if isinstance(node, exp.Coalesce):
        return {text for each in (node.this, *node.expressions) for text in _texts(each)}
    return set()


def texts_of(text: str) -> set[str] | None:
    """The texts an expression of a mapping may be; None when it may be others, taken from the export."""
    projection = _projection(text)
    if projection is None or not _closed(projection):
        return None
    return _texts(projection)


def _projection(text: str) -> exp.Expression | None:
    tree = _parsed(f"select {text}")
    return tree.expressions[0].unalias() if isinstance(tree, exp.Select) and tree.expressions else None


def _closed(node: Any) -> bool:
    """Whether an expression can only be a text that stands in it."""
    if isinstance(node, (exp.Literal, exp.Null)):
        return True
    if isinstance(node, (exp.Paren, exp.Cast)):
        return _closed(node.this)
    if isinstance(node, exp.Case):
        results = [each.args["true"] for each in node.args.get("ifs", ())]
        results += [node.args["default"]] if node.args.get("default") is not None else []
        return all(_closed(each) for each in results)
    return False


def shortened(text: str) -> str:
    """An expression on one line, no longer than can be read."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
