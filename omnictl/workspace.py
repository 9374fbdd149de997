"""omnictl.yml: the workspace: its sources, zone, country, identity and engine. YAML in, objects out; no SQL.

Texts may hold `${VAR}` and `${VAR:-default}`. They are filled in when they are used, so that checking a glossary
needs no secret and no mounted share.
"""

from __future__ import annotations

import hashlib
import os
import re
import zoneinfo
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from omnictl.errors import DefinitionError, Finding, Place, did_you_mean
from omnictl.places import Fields, Node, Reader, Scalar, excerpt_of, read
from omnictl.referential import LANGUAGES, MATCH_KEYS, Referential, load_referential
from omnictl.relations import RELATIONS

FILE_NAME = "omnictl.yml"
CONNECTORS = ("table",)
FORMATS = ("csv", "tsv", "jsonl", "parquet", "excel")
IDENTIFIED = ("interactions", "surveys")  # relations whose rows carry identifiers
GIVEN_BY_OMNICTL = ("source", "intent_source")  # columns no mapping may fill

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)? ?(MB|GB|MiB|GiB)\Z")


@dataclass(frozen=True)
class Text:
    """A text of the workspace that is used later, with where it stands."""

    text: str
    place: Place
    line: str = ""

    def finding(self, code: str, message: str, hint: str = "") -> Finding:
        """A finding at this text."""
        return Finding(code, message, self.place, hint, excerpt=self.line)

    def filled(self) -> str:
        """The text with its `${VAR}` filled in from the environment.

        Raises:
            DefinitionError: a variable without default is not set.
        """

        def value(found: re.Match[str]) -> str:
            name, default = found[1], found[2]
            if os.environ.get(name):
                return os.environ[name]
            if default is None:
                hint = f"set it, or write ${{{name}:-default}}"
                raise DefinitionError(self.finding("variable-unset", f"the variable {name} is not set", hint))
            return str(default)

        return _VARIABLE.sub(value, self.text)


@dataclass(frozen=True)
class Retrieval:
    """How and how often an export is fetched, and by whom."""

    method: str = ""
    every: timedelta | None = None
    lateness: timedelta | None = None
    owner: str = ""


@dataclass(frozen=True)
class TableOptions:
    """How an export file is to be read. What is empty or None is found out from the file."""

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    header: bool | int | None = None
    sheet: str = ""
    missing: tuple[str, ...] = ()


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
    retrieval: Retrieval | None = None
    max_rejects: Decimal | None = None  # a fraction of the records
    until: date | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The globs of its files, relative to the workspace's folder, variables filled in."""
        return tuple(text.filled() for text in self.path_texts)


@dataclass(frozen=True)
class Identity:
    """What concerns identifiers: values that identify nobody, and the secret of the pseudonyms."""

    ignore: AbstractMapping[str, tuple[str, ...]] = field(default_factory=dict)
    secret_text: Text | None = None

    @property
    def secret(self) -> str | None:
        return self.secret_text.filled() if self.secret_text else None


@dataclass(frozen=True)
class Workspace:
    """A folder with its omnictl.yml, read and checked."""

    root: Path
    file: str
    name: str
    timezone: str
    country: str
    language: str
    store: Path
    glossary: tuple[str | Path, ...]
    referential: Referential
    sources: AbstractMapping[str, Source]
    identity: Identity = Identity()
    memory: str = ""
    threads: int | None = None
    warnings: tuple[Finding, ...] = ()
    definition_files: tuple[Path, ...] = ()  # the files the workspace was read from

    def fingerprint(self, source: Source) -> str:
        """A digest that changes whenever something that shapes this source's rows changes."""
        rules = [
            (rule.key, rule.glob, rule.intent, rule.solution, rule.business_line)
            for rule in self.referential.match
            if rule.source in (None, source.name)
        ]
        shape = (
            source.connector,
            source.relation,
            source.timezone,
            self.country,
            sorted((name, text.text) for name, text in source.columns.items()),
            source.where.text if source.where else None,
            sorted((kind, text.text) for kind, text in source.identifiers.items()),
            source.options,
            rules,
            sorted(self.referential.intent_of_solution().items()),
            sorted((name, channel.kind) for name, channel in self.referential.channels.items()),
            sorted(self.identity.ignore.items()),
        )
        return hashlib.sha256(repr(shape).encode()).hexdigest()[:16]


def find_workspace(start: Path) -> Path:
    """The omnictl.yml of a folder or of the nearest one above it.

    Raises:
        DefinitionError: there is none.
    """
    folder = start.absolute()
    if not folder.is_dir():
        raise DefinitionError(Finding("workspace-missing", f"no such folder: {start}"))
    for candidate in (folder, *folder.parents):
        if (candidate / FILE_NAME).is_file():
            return candidate / FILE_NAME
    hint = "`omnictl init DIR` makes a workspace, `omnictl demo DIR` a living example; -C DIR names another folder"
    raise DefinitionError(Finding("workspace-missing", f"no {FILE_NAME} in {folder} or above", hint=hint))


def load_workspace(file: Path) -> Workspace:
    """Read and check a workspace and its referential; no export and no store is opened.

    Raises:
        DefinitionError: every fault of both files, each with its place.
    """
    documents = read(file, shown_as=_shown(file))
    root_folder = file.absolute().parent
    if len(documents) != 1:
        raise DefinitionError(Finding("workspace-empty", f"{_shown(file)} must hold one YAML document"))
    reader = Reader(documents[0])
    root = reader.root("the workspace")
    timezone = _timezone(root)
    if timezone is None:
        reader.fault("no-timezone", "no `timezone`: UTC is taken", root.place, "timezone: Europe/Paris", "warning")
    name = root.text("workspace") or root_folder.name
    country = (root.text("country") or "").upper()
    if country and not re.match(r"[A-Z]{2}\Z", country):
        reader.fault("wrong-type", "`country` is a code of two letters, such as FR", root.key_place("country"))
    language = root.choice("language", LANGUAGES) or "en"
    sources = {key: _source(reader, key, node, timezone or "UTC") for key, _, node in root.fields("sources").entries()}
    identity = _identity(reader, root)
    memory, threads = _engine(root)
    for key in ("needs", "privacy"):
        if root.take(key) is not None:
            reader.fault("no-effect", f"`{key}` has no effect in this version", root.key_place(key), severity="warning")
    store = _path(reader, root, "store", root_folder) or root_folder / ".omnictl"
    glossary = _glossary(reader, root, root_folder)
    referential_path = _path(reader, root, "referential", root_folder)
    root.done()
    referential, findings = _referential(reader, root, referential_path, sources)
    errors = [finding for finding in (*reader.findings, *findings) if finding.severity == "error"]
    if errors:
        raise DefinitionError(errors)
    return Workspace(
        root=root_folder,
        file=_shown(file),
        name=name,
        timezone=timezone or "UTC",
        country=country,
        language=language,
        store=store,
        glossary=glossary,
        referential=referential,
        sources=sources,
        identity=identity,
        memory=memory,
        threads=threads,
        warnings=(*reader.findings, *referential.warnings),
        definition_files=(file, referential_path) if referential_path else (file,),
    )


def _shown(path: Path) -> str:
    """The path as a message shows it: relative to where the user stands when that is shorter."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _text(reader: Reader, node: Node, what: str) -> Text | None:
    text = reader.text(node, what)
    return None if text is None else Text(text, node.place, excerpt_of(reader.document.lines, node.place))


def _path(reader: Reader, root: Fields, key: str, folder: Path) -> Path | None:
    node = root.take(key)
    text = _text(reader, node, f"`{key}`") if node is not None else None
    return folder / text.filled() if text else None


def _timezone(fields: Fields) -> str | None:
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


def _source(reader: Reader, name: str, node: Node, workspace_zone: str) -> Source:
    fields = reader.fields(node, f"source `{name}`")
    if not re.match(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z", name):
        hint = "letters, digits, `_`, `-` and `.` make a name"
        reader.fault("source-name", f"`{name}` cannot name a source", node.place, hint)
    connector = fields.choice("connector", CONNECTORS, required=True) or "table"
    paths_node = fields.take("path", required=True)
    paths = [_text(reader, item, f"`path` of {fields.what}") for item in _one_or_many(reader, paths_node)]
    zone = _timezone(fields)
    relation = fields.choice("relation", [key for key, value in RELATIONS.items() if value.written_by == "connector"])
    source = Source(
        name=name,
        place=node.place,
        connector=connector,
        path_texts=tuple(path for path in paths if path),
        timezone=zone or workspace_zone,
        timezone_given=zone is not None,
        relation=relation or "interactions",
        columns=_columns(reader, fields, relation or "interactions"),
        where=_expression(reader, fields, "where"),
        identifiers=_identifiers(reader, fields, relation or "interactions"),
        options=_options(reader, fields),
        retrieval=_retrieval(reader, fields),
        max_rejects=_fraction(reader, fields, "max_rejects"),
        until=_date(reader, fields, "until"),
    )
    fields.done()
    return source


def _one_or_many(reader: Reader, node: Node | None) -> list[Node]:
    if node is None:
        return []
    return [node] if isinstance(node, Scalar) else reader.items(node, "`path`")


def _expression(reader: Reader, fields: Fields, key: str) -> Text | None:
    node = fields.take(key)
    return None if node is None else _text(reader, node, f"`{key}` of {fields.what}")


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
        text = _text(reader, node, f"`{column}`")
        if text:
            found[column] = text
    needed = [
        column.name
        for column in relation.columns
        if column.required and column.default is None and column.name not in ("source", "kind")
    ]
    if relation_name in ("segments", "identifiers"):
        needed.append("kind")
    missing = [column for column in needed if column not in mapping.node.entries]
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
        text = _text(reader, node, f"identifier `{kind}`")
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
    for key, value in (("delimiter", delimiter), ("quote", fields.text("quote") or "")):
        if len(value) > 1:
            reader.fault("wrong-type", f"`{key}` must be one character", fields.key_place(key))
    encoding = fields.text("encoding") or ""
    if encoding and not _is_encoding(encoding):
        hint = "such as utf-8, cp1252, latin-1, utf-16"
        reader.fault("unknown-encoding", f"`{encoding}` is not an encoding", fields.key_place("encoding"), hint)
    return TableOptions(
        format=fields.choice("format", FORMATS) or "",
        encoding=encoding,
        delimiter=delimiter,
        quote=fields.text("quote") or "",
        header=header,
        sheet=fields.text("sheet") or "",
        missing=tuple(fields.texts("missing")),
    )


def _is_encoding(name: str) -> bool:
    import codecs

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
    )
    inner.done()
    return retrieval


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


def _identity(reader: Reader, root: Fields) -> Identity:
    fields = root.fields("identity")
    ignore = {
        kind: tuple(reader.texts(node, f"`{kind}` of `ignore`")) for kind, _, node in fields.fields("ignore").entries()
    }
    secret = _expression(reader, fields, "secret")
    for key in ("link_on", "limits", "busy", "consent"):
        if fields.take(key) is not None:
            message = f"`{key}` has no effect in this version: interactions are not linked yet"
            reader.fault("no-effect", message, fields.key_place(key), severity="warning")
    fields.done()
    return Identity(ignore, secret)


def _engine(root: Fields) -> tuple[str, int | None]:
    fields = root.fields("engine")
    memory = fields.text("memory") or ""
    if memory and not _MEMORY.match(memory):
        fields.reader.fault("wrong-type", "`memory` must be a size such as 4GB", fields.key_place("memory"))
    threads = fields.number("threads")
    if threads is not None and (threads < 1 or threads != int(threads)):
        fields.reader.fault("wrong-type", "`threads` must be a whole number from 1", fields.key_place("threads"))
    fields.done()
    return memory, int(threads) if threads is not None else None


def _glossary(reader: Reader, root: Fields, folder: Path) -> tuple[str | Path, ...]:
    node = root.take("glossary")
    if node is None:
        return ("standard",)
    found: list[str | Path] = []
    for item in reader.items(node, "`glossary`"):
        text = _text(reader, item, "a glossary")
        if text is None:
            continue
        if text.text == "standard":
            found.append("standard")
            continue
        path = folder / text.filled()
        if not path.is_dir():
            hint = "a glossary is `standard` or a folder of KPI files"
            reader.fault("folder-missing", f"no such folder: {text.text}", item.place, hint)
        found.append(path)
    return tuple(found)


def _referential(
    reader: Reader, root: Fields, path: Path | None, sources: dict[str, Source]
) -> tuple[Referential, list[Finding]]:
    if path is None:
        return Referential(), []
    if not path.is_file():
        place = root.node.entries["referential"].place
        reader.fault("file-missing", f"no such file: {_shown(path)}", place)
        return Referential(), []
    try:
        referential = load_referential(path, shown_as=_shown(path))
    except DefinitionError as error:
        return Referential(), error.findings
    findings = [
        Finding("unknown-source", f"`{rule.source}` is not a source", rule.place, did_you_mean(rule.source, sources))
        for rule in referential.match
        if rule.source is not None and rule.source not in sources
    ]
    return referential, findings
