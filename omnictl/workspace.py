"""omnictl.yml: the workspace: its sources, zone, country, identity and engine. YAML in, objects out; no SQL."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, cast, get_args

from omnictl.calendars import default_of
from omnictl.errors import DefinitionError, Finding, did_you_mean, nearest
from omnictl.fiscal import FiscalYear, read_fiscal
from omnictl.places import Document, Fields, Reader, plain, read
from omnictl.privacy import PUBLIC, Privacy, read_privacy
from omnictl.referential import LANGUAGES, Referential, load_referential
from omnictl.sources import (
    Retrieval,
    Source,
    TableOptions,
    Text,
    check_completions,
    read_expression,
    read_source,
    read_text,
    read_timezone,
)

__all__ = [
    "FILE_NAME",
    "Identity",
    "Retrieval",
    "Source",
    "TableOptions",
    "Text",
    "Workspace",
    "find_workspace",
    "load_workspace",
]

FILE_NAME = "omnictl.yml"
EVENTS = "events.yml"  # beside it, unless it names another
TARGETS = "targets.yml"
MOST_THREADS = 256  # DuckDB starts as many as it is told

LINK_ON = ("customer_id", "email", "token", "cookie", "phone")
LIMITS = {"email": 5, "cookie": 3, "phone": 5}
BUSY = {"phone": 300}
BUSY_DAYS = 30
SILENCE = timedelta(days=7)
Consent = Literal["required", "unless_refused"]

_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)? ?(MB|GB|MiB|GiB)\Z")


@dataclass(frozen=True)
class Identity:
    """What concerns identifiers, and how they link interactions to people.

    Attributes:
        ignore: kind → further values that identify nobody.
        link_on: kinds of identifiers that link, the strongest first; others are evidence only.
        limits: kind → how many different owners a value may have before it stops linking.
        busy: kind → contacts within BUSY_DAYS days above which a value stops linking.
        probable: whether interactions nobody is certain of get candidates.
        consent: `required`: visits link only when consent is recorded as given; else all but those that refused.
    """

    ignore: AbstractMapping[str, tuple[str, ...]] = field(default_factory=dict)
    link_on: tuple[str, ...] = LINK_ON
    limits: AbstractMapping[str, int] = field(default_factory=lambda: dict(LIMITS))
    busy: AbstractMapping[str, int] = field(default_factory=lambda: dict(BUSY))
    consent: Consent = "unless_refused"
    secret_text: Text | None = None
    probable: bool = True

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
    silence: timedelta = SILENCE  # that ends a need
    events: Path | None = None  # the file of named events
    privacy: Privacy = PUBLIC
    fiscal: FiscalYear | None = None  # when years and quarters begin; None: with the calendar's
    memory: str = ""
    threads: int | None = None
    warnings: tuple[Finding, ...] = ()
    parameters: Document | None = None  # of KPIs, other values: the glossary reads them
    targets: Path | None = None  # of KPIs
    definition_files: tuple[Path, ...] = ()  # the files the workspace was read from
    owners: tuple[str, ...] = ()  # who may own a KPI of the workspace's own; () for anybody

    @property
    def words_on_kpis(self) -> tuple[str, str]:
        """What the workspace says over the KPIs of its glossary, as texts that change with it."""
        values = plain(self.parameters.root) if self.parameters is not None else None
        targets = self.targets.read_bytes() if self.targets is not None and self.targets.is_file() else b""
        return repr(values), hashlib.sha256(targets).hexdigest() if targets else ""

    def fingerprint(self, source: Source) -> str:
        """A digest that changes whenever something that shapes this source's rows changes."""
        rules = [
            (rule.key, rule.glob, rule.intent, rule.solution, rule.business_line)
            for rule in self.referential.match
            if rule.source in (None, source.name)
        ]
        default = default_of(self.referential.calendars)
        hours = (self.referential.calendars[default].shape, self.timezone) if default is not None else ()
        shape = (
            source.connector,
            source.relation,
            source.timezone,
            self.country,
            sorted((name, text.text) for name, text in source.columns.items()),
            source.where.text if source.where else None,
            sorted((kind, text.text) for kind, text in source.identifiers.items()),
            source.options,
            sorted((name, setting.text) for name, setting in source.settings.items()),
            rules,
            sorted(self.referential.intent_of_solution().items()),
            sorted((name, channel.kind) for name, channel in self.referential.channels.items()),
            sorted(self.identity.ignore.items()),
            *hours,
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
    root_folder, document = file.absolute().parent, _document(file)
    reader = Reader(document)
    root = reader.root("the workspace")
    timezone = read_timezone(root)
    if timezone is None:
        reader.fault("no-timezone", "no `timezone`: UTC is taken", root.place, "timezone: Europe/Paris", "warning")
    name = root.text("workspace") or root_folder.name
    country = _country(reader, root)
    language = root.choice("language", LANGUAGES) or "en"
    sources = _sources(reader, root, timezone or "UTC")
    identity = _identity(reader, root, {kind for source in sources.values() for kind in source.identifiers})
    memory, threads = _engine(root)
    silence = _silence(reader, root)
    privacy, fiscal = read_privacy(root), read_fiscal(reader, root)
    store = _path(reader, root, "store", root_folder) or root_folder / ".omnictl"
    glossary = _glossary(reader, root, root_folder)
    owners = tuple(root.texts("owners"))
    referential_path = _path(reader, root, "referential", root_folder)
    events = _events(reader, root, root_folder)
    parameters = root.take("parameters")
    targets = _targets(reader, root, root_folder)
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
        silence=silence,
        events=events,
        privacy=privacy,
        fiscal=fiscal,
        memory=memory,
        threads=threads,
        parameters=Document(_shown(file), parameters, document.lines) if parameters is not None else None,
        targets=targets,
        warnings=(*reader.findings, *referential.warnings),
        definition_files=(file, referential_path) if referential_path else (file,),
        owners=owners,
    )


def _document(file: Path) -> Document:
    documents = read(file, shown_as=_shown(file))
    if len(documents) != 1:
        raise DefinitionError(Finding("workspace-empty", f"{_shown(file)} must hold one YAML document"))
    return documents[0]


def _country(reader: Reader, root: Fields) -> str:
    country = (root.text("country") or "").upper()
    if country and not re.match(r"[A-Z]{2}\Z", country):
        reader.fault("wrong-type", "`country` is a code of two letters, such as FR", root.key_place("country"))
    return country


def _sources(reader: Reader, root: Fields, timezone: str) -> dict[str, Source]:
    found = {key: read_source(reader, key, node, timezone) for key, _, node in root.fields("sources").entries()}
    check_completions(reader, found)
    return found


def _shown(path: Path) -> str:
    """The path as a message shows it: relative to where the user stands when that is shorter."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _path(reader: Reader, root: Fields, key: str, folder: Path) -> Path | None:
    node = root.take(key)
    text = read_text(reader, node, f"`{key}`") if node is not None else None
    return folder / text.filled() if text else None


def _events(reader: Reader, root: Fields, folder: Path) -> Path | None:
    """The file of named events: the one that is named, else events.yml where there is one."""
    path = _path(reader, root, "events", folder)
    if path is None:
        return folder / EVENTS if (folder / EVENTS).is_file() else None
    if not path.is_file():
        reader.fault("file-missing", f"no such file: {_shown(path)}", root.node.entries["events"].place)
    return _yaml(reader, root, "events", path)


def _identity(reader: Reader, root: Fields, seen: set[str]) -> Identity:
    """The settings of linking.

    Args:
        seen: the kinds of identifiers that sources name; plugins may bring others.
    """
    fields = root.fields("identity")
    ignore = {
        kind: tuple(reader.texts(node, f"`{kind}` of `ignore`")) for kind, _, node in fields.fields("ignore").entries()
    }
    secret = read_expression(reader, fields, "secret")
    link_on = _link_on(reader, fields)
    limits = LIMITS | _amounts(reader, fields, "limits")
    busy = BUSY | _amounts(reader, fields, "busy")
    consent = fields.choice("consent", get_args(Consent)) or "unless_refused"
    for key, kinds in (("link_on", link_on), ("limits", limits), ("busy", busy), ("ignore", ignore)):
        for kind in kinds:
            known = nearest(kind, sorted({*LINK_ON, *seen}))
            if known and kind not in LINK_ON and kind not in seen:
                message = f"`{key}` names `{kind}`, which no source has"
                reader.fault("unknown-kind", message, fields.key_place(key), f"did you mean `{known}`?", "warning")
    probable = fields.choice("probable", ("on", "off")) != "off"
    fields.done()
    return Identity(ignore, link_on, limits, busy, cast(Consent, consent), secret, probable)


def _link_on(reader: Reader, fields: Fields) -> tuple[str, ...]:
    """The kinds that link, each once."""
    link_on = tuple(fields.texts("link_on"))
    for kind in sorted({kind for kind in link_on if link_on.count(kind) > 1}):
        reader.fault("wrong-type", f"`link_on` names `{kind}` twice", fields.key_place("link_on"))
    if not link_on and fields.take("link_on") is not None:
        hint = "leave it out for " + ", ".join(LINK_ON)
        reader.fault("wrong-type", "`link_on` names no kind: nobody would be linked", fields.key_place("link_on"), hint)
    return link_on or LINK_ON


def _amounts(reader: Reader, fields: Fields, key: str) -> dict[str, int]:
    """A whole number from 1 by kind of identifier."""
    found = {}
    for kind, _, node in fields.fields(key).entries():
        amount = reader.number(node, f"`{kind}` of `{key}`")
        if amount is not None and (amount < 1 or amount != int(amount)):
            reader.fault("wrong-type", f"`{kind}` of `{key}` must be a whole number from 1", node.place)
        found[kind] = int(amount or 1)
    return found


def _silence(reader: Reader, root: Fields) -> timedelta:
    """The silence that ends a need."""
    fields = root.fields("needs")
    silence = fields.duration("silence")
    fields.done()
    if silence is not None and not silence:
        reader.fault("wrong-type", "`silence` must be longer than nothing", fields.key_place("silence"), "7 d")
    return silence or SILENCE


def _engine(root: Fields) -> tuple[str, int | None]:
    fields = root.fields("engine")
    memory = fields.text("memory") or ""
    if memory and not _MEMORY.match(memory):
        fields.reader.fault("wrong-type", "`memory` must be a size such as 4GB", fields.key_place("memory"))
    threads = fields.number("threads")
    if threads is not None and (not 1 <= threads <= MOST_THREADS or threads != int(threads)):
        message = f"`threads` must be a whole number from 1 to {MOST_THREADS}"
        fields.reader.fault("wrong-type", message, fields.key_place("threads"))
        threads = None
    fields.done()
    return memory, int(threads) if threads is not None else None


def _glossary(reader: Reader, root: Fields, folder: Path) -> tuple[str | Path, ...]:
    node = root.take("glossary")
    if node is None:
        return ("standard",)
    found: list[str | Path] = []
    for item in reader.items(node, "`glossary`"):
        text = read_text(reader, item, "a glossary")
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


def _targets(reader: Reader, root: Fields, folder: Path) -> Path | None:
    """The file of targets: the one named, else targets.yml beside omnictl.yml if there is one."""
    path = _path(reader, root, "targets", folder)
    if path is not None and not path.is_file():
        reader.fault("file-missing", f"no such file: {_shown(path)}", root.node.entries["targets"].place)
    usual = folder / TARGETS
    return _yaml(reader, root, "targets", path) or (usual if usual.is_file() else None)


def _yaml(reader: Reader, root: Fields, key: str, path: Path | None) -> Path | None:
    """A file by its name; None after a fault when it is none of YAML: what a message would show of it may be a secret
    that whoever wrote the workspace must not see."""
    if path is None or path.suffix.casefold() in (".yml", ".yaml"):
        return path
    place = root.node.entries[key].place
    reader.fault("wrong-type", f"`{key}` is a YAML file: its name ends in .yml or .yaml", place, f"{key}: {key}.yml")
    return None


def _referential(
    reader: Reader, root: Fields, path: Path | None, sources: dict[str, Source]
) -> tuple[Referential, list[Finding]]:
    path = _yaml(reader, root, "referential", path)
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
