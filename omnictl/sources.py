"""A source: one export, where it lies, and how its columns become ours. One entry of `sources` in omnictl.yml."""

from __future__ import annotations

import codecs
import re
import zoneinfo
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from omnictl.completion import Completion, read_completion
from omnictl.errors import Finding, Place, did_you_mean
from omnictl.places import Fields, Node, Reader, Scalar, excerpt_of
from omnictl.referential import MATCH_KEYS
from omnictl.relations import RELATIONS
from omnictl.texts import Setting, Text, read_expression, read_settings, read_text

__all__ = [
    "FORMATS",
    "GIVEN_BY_OMNICTL",
    "IDENTIFIED",
    "SOURCE_KEYS",
    "TABLE",
    "Retrieval",
    "Setting",
    "Source",
    "TableOptions",
    "Text",
    "check_completions",
    "read_expression",
    "read_source",
    "read_text",
    "read_timezone",
]

TABLE = "table"  # the connector whose columns stand in omnictl.yml
FORMATS = ("csv", "tsv", "json", "jsonl", "parquet", "excel", "sqlite", "duckdb")
IDENTIFIED = ("interactions", "surveys")  # relations whose rows carry identifiers
GIVEN_BY_OMNICTL = ("source", "intent_source")  # columns no mapping may fill

# Keys of a source that are not its connector's own; an option of a connector cannot have such a name.
SOURCE_KEYS = frozenset(
    (
        *("connector", "path", "timezone", "relation", "columns", "where", "identifiers"),
        *("retrieval", "max_rejects", "until", "settle", "ready", "completes", "match", "unmatched"),
        *("header", "delimiter", "encoding", "format", "quote", "sheet", "missing", "records", "table", "query"),
    )
)


@dataclass(frozen=True)
class Retrieval:
    """How and how often an export is fetched, by whom, and where to.

    Attributes:
        every: how often it comes; `lateness`: how long after its end it may still come.
        backfill: how far back it can be fetched anew.
        store: where it is kept, for people: a bucket, a schema, a folder.
        retention: how long it is kept there, as it is written: `13 months`.
    """

    method: str = ""
    every: timedelta | None = None
    lateness: timedelta | None = None
    owner: str = ""
    backfill: timedelta | None = None
    store: str = ""
    retention: str = ""


@dataclass(frozen=True)
class TableOptions:
    """How an export file is to be read. What is empty or None is found out from the file.

    Attributes:
        quote: one character; `none` when quotes are characters like others.
        records: of JSON: the dotted path to the array of records; `.` when each document is one record.
        table: of a database file.
        query: of a database file: a SELECT that gives the records; instead of `table`.
        width: of delimited text without header: the columns of its longest records; shorter ones are filled up.
        columns: of a log without header: the names of the first cells of its lines, which have more or fewer.
    """

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    header: bool | int | None = None
    sheet: str = ""
    records: str = ""
    table: str = ""
    query: str = ""
    missing: tuple[str, ...] = ()
    width: int | None = None
    columns: tuple[str, ...] = ()

    @property
    def is_log(self) -> bool:
        """Whether a file may have no line yet: a log without header, after it was rotated."""
        return bool(self.columns or self.width)

    def over(self, below: TableOptions) -> TableOptions:
        """These, and what they leave open as `below` says it."""
        own = {each.name: getattr(self, each.name) for each in fields_of(self)}
        return replace(below, **{name: value for name, value in own.items() if value not in ("", None, ())})


@dataclass(frozen=True)
class Source:
    """One export and how its columns become ours."""

    name: str
    place: Place
    connector: str
    path_texts: tuple[Text, ...]
    timezone: str
    timezone_given: bool
    relation: str = "interactions"
    columns: AbstractMapping[str, Text] = field(default_factory=dict)
    where: Text | None = None
    identifiers: AbstractMapping[str, Text] = field(default_factory=dict)
    options: TableOptions = TableOptions()
    settings: AbstractMapping[str, Setting] = field(default_factory=dict)
    retrieval: Retrieval | None = None
    max_rejects: Decimal | None = None  # a fraction of the records
    until: date | None = None
    settle: timedelta | None = None  # a file changed within this time is left for the next run
    ready: str = ""  # the companion without which a file is left for the next run
    completion: Completion | None = None
    line: str = ""  # of omnictl.yml, where it stands

    def finding(self, code: str, message: str, hint: str = "") -> Finding:
        """A finding at this source."""
        return Finding(code, message, self.place, hint, excerpt=self.line)

    @property
    def declared(self) -> bool:
        """Whether its mapping stands in omnictl.yml, and no connector knows better."""
        return self.connector == TABLE

    @property
    def identifies(self) -> bool:
        """Whether `identifiers` are all that its rows carry."""
        return self.declared and self.relation in IDENTIFIED

    @property
    def paths(self) -> tuple[str, ...]:
        """The globs of its files, relative to the workspace's folder, variables filled in."""
        return tuple(text.filled() for text in self.path_texts)


def read_timezone(fields: Fields) -> str | None:
    """The zone under `timezone`, None when there is none or no such zone."""
    name = fields.text("timezone")
    if name is None:
        return None
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        place = fields.node.entries["timezone"].place
        hint = did_you_mean(name, zoneinfo.available_timezones(), most=0)
        hint = hint if hint.startswith("did") else "write a name such as Europe/Paris or UTC"
        fields.reader.fault("unknown-timezone", f"`{name}` is not a time zone", place, hint)
        return None
    return name


def read_source(reader: Reader, name: str, node: Node, workspace_zone: str) -> Source:
    """One entry of `sources`; its faults are noted in the reader. `workspace_zone` is taken when it names none."""
    fields = reader.fields(node, f"source `{name}`")
    if not re.match(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z", name):
        hint = "letters, digits, `_`, `-` and `.` make a name"
        reader.fault("source-name", f"`{name}` cannot name a source", node.place, hint)
    connector = fields.text("connector", required=True) or TABLE
    paths_node = fields.take("path", required=True)
    paths = [read_text(reader, item, f"`path` of {fields.what}") for item in _one_or_many(reader, paths_node)]
    zone = read_timezone(fields)
    declared = connector == TABLE
    if not declared and "columns" in fields.node.entries:
        hint = did_you_mean(connector, [TABLE])
        message = f"connector `{connector}` knows its columns itself: `columns` is for `{TABLE}`"
        reader.fault("unknown-value", message, fields.node.entries["connector"].place, hint)
        declared = True
    relation = None
    if declared:
        known = [key for key, value in RELATIONS.items() if value.written_by == "connector"]
        relation = fields.choice("relation", known)
    source = Source(
        name=name,
        place=node.place,
        connector=connector,
        path_texts=tuple(path for path in paths if path),
        timezone=zone or workspace_zone,
        timezone_given=zone is not None,
        relation=relation or "interactions",
        columns=_columns(reader, fields, relation or "interactions") if declared else {},
        where=read_expression(reader, fields, "where") if declared else None,
        identifiers=_identifiers(reader, fields, relation or "interactions") if declared else {},
        options=_options(reader, fields),
        retrieval=_retrieval(reader, fields),
        max_rejects=_fraction(reader, fields, "max_rejects"),
        until=_date(reader, fields, "until"),
        settle=fields.duration("settle"),
        ready=_ready(reader, fields),
        completion=read_completion(reader, fields),
        settings={} if declared else read_settings(reader, fields),
        line=excerpt_of(reader.document.lines, node.place),
    )
    fields.done()
    return source


def _one_or_many(reader: Reader, node: Node | None) -> list[Node]:
    if node is None:
        return []
    return [node] if isinstance(node, Scalar) else reader.items(node, "`path`")


def _columns(reader: Reader, fields: Fields, relation_name: str) -> dict[str, Text]:
    relation = RELATIONS[relation_name]
    mapping = fields.fields("columns", required=True)
    known = [column for column in relation.names if column not in GIVEN_BY_OMNICTL]
    if relation_name == "interactions":
        known += [key for key in MATCH_KEYS if key not in known]
    found: dict[str, Text] = {}
    for column, place, node in mapping.entries():
        if column not in known:
            message = f"`{column}` is not a column of {relation_name}"
            if column in GIVEN_BY_OMNICTL:
                message = f"`{column}` is filled by omnictl"
            reader.fault("unknown-column", message, place, did_you_mean(column, known))
            continue
        text = read_text(reader, node, f"`{column}`")
        if text:
            found[column] = text
    missing = [column for column in relation.needed if column not in mapping.node.entries]
    if missing and mapping.node.entries:
        message = f"{fields.what} does not fill {', '.join(f'`{column}`' for column in missing)}"
        reader.fault("missing-column", message, mapping.place, f"{relation_name} rows cannot be without")
    return found


def _identifiers(reader: Reader, fields: Fields, relation_name: str) -> dict[str, Text]:
    found: dict[str, Text] = {}
    mapping = fields.fields("identifiers")
    for kind, place, node in mapping.entries():
        if relation_name not in IDENTIFIED:
            reader.fault("no-identifiers", f"rows of {relation_name} carry no identifiers", place)
            break
        if not re.match(r"[a-z][a-z0-9_]*\Z", kind):
            reader.fault("identifier-kind", f"`{kind}` cannot name a kind of identifier", place, "use a-z, 0-9 and _")
        text = read_text(reader, node, f"identifier `{kind}`")
        if text:
            found[kind] = text
    return found


def _options(reader: Reader, fields: Fields) -> TableOptions:
    header: bool | int | None = None
    node = fields.take("header")
    if node is not None:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, (bool, int)) and not (type(value) is int and value < 1):
            header = value
        else:
            reader.fault("wrong-type", "`header` is true, false, or the number of the header's line", node.place)
    delimiter = (fields.text("delimiter") or "").replace("\\t", "\t")
    quote = fields.text("quote") or ""
    if len(delimiter) > 1:
        reader.fault("wrong-type", "`delimiter` must be one character", fields.key_place("delimiter"))
    if len(quote) > 1 and quote.lower() != "none":
        reader.fault("wrong-type", "`quote` must be one character, or `none`", fields.key_place("quote"))
    if fields.text("table") and fields.text("query"):
        reader.fault("wrong-type", "`table` and `query` exclude each other", fields.key_place("query"))
    encoding = fields.text("encoding") or ""
    if encoding and not _is_encoding(encoding):
        hint = "such as utf-8, cp1252, latin-1, utf-16"
        reader.fault("unknown-encoding", f"`{encoding}` is not an encoding", fields.key_place("encoding"), hint)
    return TableOptions(
        format=fields.choice("format", FORMATS) or "",
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        header=header,
        sheet=fields.text("sheet") or "",
        records=fields.text("records") or "",
        table=fields.text("table") or "",
        query=fields.text("query") or "",
        missing=tuple(fields.texts("missing")),
    )


def _ready(reader: Reader, fields: Fields) -> str:
    name = fields.text("ready") or ""
    if "/" in name or "\\" in name or name in ("*", ".", ".."):
        hint = "such as `*.done` (`*` is the file's name), or `_SUCCESS`"
        reader.fault("wrong-type", "`ready` names a file beside the export", fields.key_place("ready"), hint)
    return name


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def _retrieval(reader: Reader, fields: Fields) -> Retrieval | None:
    if fields.take("retrieval") is None:
        return None
    inner = fields.fields("retrieval")
    retrieval = Retrieval(
        method=inner.text("method") or "",
        every=inner.duration("every"),
        lateness=inner.duration("lateness"),
        owner=inner.text("owner") or "",
        backfill=inner.duration("backfill"),
        store=inner.text("store") or "",
        retention=_retention(reader, inner),
    )
    inner.done()
    return retrieval


_SPAN = re.compile(r"[1-9][0-9]{0,4} ?(d|days?|weeks?|months?|years?)\Z")


def _retention(reader: Reader, fields: Fields) -> str:
    text = (fields.text("retention") or "").strip()
    if text and not _SPAN.match(text):
        place = fields.key_place("retention")
        reader.fault("wrong-type", f"`{text}` is no span of time to keep data", place, "13 months, 90 days, 2 years")
        return ""
    return text


def _fraction(reader: Reader, fields: Fields, key: str) -> Decimal | None:
    node = fields.take(key)
    if node is None:
        return None
    text = node.text.strip() if isinstance(node, Scalar) else ""
    try:
        share = Decimal(text[:-1].strip()) / 100 if text.endswith("%") else Decimal(text)
    except InvalidOperation:
        share = Decimal(-1)
    if not 0 <= share <= 1:
        reader.fault("wrong-type", f"`{key}` must be a share such as 0.5% or 0.005", node.place)
        return None
    return share


def _date(reader: Reader, fields: Fields, key: str) -> date | None:
    text = fields.text(key)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        reader.fault("wrong-type", f"`{key}` must be a date such as 2026-12-31", fields.node.entries[key].place)
        return None


def check_completions(reader: Reader, sources: AbstractMapping[str, Source]) -> None:
    """Note a fault for every `completes` that names no source, the source itself, one without contacts or one that
    completes another; and for identifiers of `match` that one of the two does not have."""
    for source in sources.values():
        completion = source.completion
        if completion is None:
            continue
        other = sources.get(completion.of)
        if other is None or other is source:
            known = [name for name in sources if name != source.name]
            message = f"`{source.name}` cannot complete `{completion.of}`"
            reader.fault("unknown-source", message, completion.place, did_you_mean(completion.of, known))
        elif other.completion is not None:
            message = f"`{other.name}` completes `{other.completion.of}` itself"
            reader.fault("completes-chain", message, completion.place, f"completes: {other.completion.of}")
        elif other.declared and other.relation != "interactions":
            message = f"`{other.name}` gives {other.relation}, no contacts that could be completed"
            reader.fault("unknown-source", message, completion.place)
        else:
            _check_kinds(reader, source, other, completion)


def _check_kinds(reader: Reader, source: Source, other: Source, completion: Completion) -> None:
    """Note a fault for a kind of identifier one of the two sources lacks, where the mapping tells."""
    for each in (source, other):
        for kind, gap in completion.keys if each.identifies else ():
            if gap is not None and kind not in each.identifiers:
                message = f"source `{each.name}` has no identifier `{kind}`, so `match` would find nothing by it"
                reader.fault("unknown-value", message, completion.place, did_you_mean(kind, each.identifiers))
