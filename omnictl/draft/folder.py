"""Writes the files of a new workspace."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnictl.draft.guesses import Draft, Guess, Sample, folded, guess
from omnictl.errors import OmnictlError, SourceError
from omnictl.ingest.secret import make_secret
from omnictl.render.safe import one_line
from omnictl.workspace import FILE_NAME, TableOptions, load_workspace

if TYPE_CHECKING:
    import duckdb

    from omnictl.connectors.export import Export

SAMPLE_ROWS = 300
LISTED_COLUMNS = 60  # unused columns named in a draft

HEAD = """\
workspace: {name}
timezone: {timezone}{zone_remark}
# country: FR                  # default region of phone numbers written without their country
language: en                   # labels; fr is the other one
glossary: [standard, kpis/]    # the shipped KPIs, then yours
referential: referential.yml   # intents, solutions, and what queues, pages and codes mean
"""

NO_SOURCES = """\
# One entry per export. Columns: ours on the left, an SQL expression over the file's columns on the right.
# sources:
#   calls:
#     connector: table
#     path: data/calls/*.csv
#     columns:
#       interaction_id: call_id
#       channel: "'phone'"
#       started_at: "strptime(opened, '%d/%m/%Y %H:%M:%S')"
#     identifiers: {phone: caller}
"""

REFERENTIAL = """\
# What the company knows. Nothing here is needed to count contacts; intents and solutions need it.
# intents:
#   claim: {label: {en: Report a claim, fr: Déclarer un sinistre}}
# solutions:
#   faq_claim: {label: {en: Claim FAQ, fr: FAQ sinistre}, channel: faq, intents: [claim]}
# match:                                   # first hit wins
#   - {queue: "claims*", intent: claim}
#   - {page: "/claims/**", solution: faq_claim, intent: claim}
"""

KPIS = """\
# KPIs of this workspace

One KPI per YAML document, in any file here that ends in `.yml`. A KPI that the shipped glossary has too says
`extends: standard` (listed keys replace) or `replaces: standard`. `omnictl kpi check` reads them without data.

```yaml
kpi: long_waits
label: {en: Long waits, fr: Attentes longues}
question: {en: How many wait longer than five minutes?, fr: Combien attendent plus de cinq minutes ?}
unit: count
rollup: sum
better: lower
from: interactions
at: queued_at
where: direction = 'inbound' and excluded = ''
value: count_if(wait_s > 300)
```
"""


@dataclass
class NewWorkspace:
    """What was written, and what was found in the export files."""

    folder: Path
    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)  # files that were there and stay as they were
    notes: list[str] = field(default_factory=list)


def new_workspace(folder: Path, exports: Sequence[Path] = ()) -> NewWorkspace:
    """Make a workspace that loads, with one drafted source per export file.

    Raises:
        OmnictlError: the folder is a workspace already, or cannot be written.
        SourceError: an export cannot be read; nothing is written then.
    """
    made = NewWorkspace(folder)
    if folder.exists() and not folder.is_dir():
        raise OmnictlError(f"{folder} is a file", hint="`omnictl init` takes the folder of the new workspace first")
    for name in (FILE_NAME, "referential.yml", ".omnictl"):
        if (folder / name).exists():
            raise OmnictlError(f"{folder} holds {name} already; nothing was changed", hint="name another folder")
    sources = _sources(folder, exports, made)
    zone, remark = _zone()
    head = HEAD.format(name=_yaml(folder.resolve().name or "workspace"), timezone=zone, zone_remark=remark)
    try:
        _write(made, folder / FILE_NAME, head + sources)
        _write(made, folder / "referential.yml", REFERENTIAL)
        _write(made, folder / "kpis" / "README.md", KPIS)
        _write(made, folder / ".gitignore", ".omnictl/\n")
        _make_secret(made, folder / ".omnictl")
    except OSError as error:
        raise OmnictlError(f"{folder} cannot be written: {error.strerror}") from None
    load_workspace(folder / FILE_NAME)  # a draft that does not load is ours to find, not the user's
    return made


def _write(made: NewWorkspace, file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except FileExistsError:
        made.kept.append(file)
    else:
        made.written.append(file)


def _make_secret(made: NewWorkspace, folder: Path) -> None:
    """The key of the pseudonyms: readable by its owner only, and never in a repository."""
    folder.mkdir(mode=0o700)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    make_secret(folder)
    made.written.append(folder / "secret")


def _zone() -> tuple[str, str]:
    """The machine's time zone, and what to say about it."""
    link = os.environ.get("TZ") or (os.path.realpath("/etc/localtime") if os.path.exists("/etc/localtime") else "")
    found = re.search(r"(?:zoneinfo/)?([A-Z][A-Za-z_]+/[A-Za-z_/+-]+|UTC)\Z", link)
    name = found[1] if found else "UTC"
    name = "UTC" if name in ("Etc/UTC", "Etc/Universal", "Etc/Zulu") else name
    return name, " " * max(1, 20 - len(name)) + "# review: local days, and times without offset"


def _sources(folder: Path, exports: Sequence[Path], made: NewWorkspace) -> str:
    if not exports:
        return NO_SOURCES
    text = "sources:\n"
    taken: set[str] = set()
    for export in exports:
        name = _name(export, taken)
        taken.add(name)
        sample, notes = _sample(export)
        text += _source(name, _path(folder, export), sample, notes)
        made.notes.append(f"{export.name}: {sample.rows:,} rows looked at, {len(sample.values)} columns: {notes}")
    return text


def _name(export: Path, taken: set[str]) -> str:
    stem = Path(export.stem).stem if export.suffix.lower() == ".gz" else export.stem
    base = re.sub(r"^[^a-z]+", "", folded(stem)) or "export"
    number = 1
    name = base
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def _path(folder: Path, export: Path) -> str:
    """The path as the workspace names it."""
    return Path(os.path.relpath(export.resolve(), folder.resolve())).as_posix()


def _sample(export: Path) -> tuple[Sample, str]:
    import duckdb

    from omnictl.connectors.files import examine
    from omnictl.connectors.table import open_table
    from omnictl.engines.connection import OFFLINE

    with tempfile.TemporaryDirectory(prefix="omnictl-") as scratch, duckdb.connect(config=dict(OFFLINE)) as connection:
        opened = open_table(examine(export, export.name), TableOptions(), (), connection, Path(scratch))
        rows, opened = _first_rows(connection, opened, export.name)
        columns, notes = list(opened.columns), "; ".join(opened.notes)
        listed = connection.execute("select keyword_name from duckdb_keywords() where keyword_category = 'reserved'")
        reserved = frozenset(word for (word,) in listed.fetchall())
    values = {
        column: [row[position] for row in rows if row[position] not in (None, "")]
        for position, column in enumerate(columns)
    }
    return Sample(len(rows), values, reserved), notes


def _first_rows(
    connection: duckdb.DuckDBPyConnection, opened: Export, name: str
) -> tuple[list[tuple[Any, ...]], Export]:
    """The sample, and the reader that could read it."""
    import duckdb

    while True:
        try:
            return connection.execute(f"select * from ({opened.select}) limit {SAMPLE_ROWS}").fetchall(), opened
        except duckdb.Error as error:
            slower = opened.fallback()
            if slower is None:
                raise SourceError(f"it cannot be read: {error}", file=name) from error
            opened = slower


def _source(name: str, path: str, sample: Sample, notes: str) -> str:
    draft = guess(sample)
    lines = [
        f"  {name}:" + (f"  # {notes}" if notes else ""),
        "    connector: table",
        f"    path: {_yaml(path)}",
        *(["    header: false  # no line of names was found"] if "column0" in sample.values else []),
        "    columns:  # guesses from names and values; review each",
        *_entries(draft.columns),
    ]
    if draft.identifiers:
        lines += ["    identifiers:  # guesses; stored as keyed pseudonyms only", *_entries(draft.identifiers)]
    return "\n".join(lines) + "\n" + _unused(draft, sample)


def _entries(guesses: dict[str, Guess]) -> list[str]:
    return [
        f"      {ours}: {_yaml(found.expression)}  # guess: {_comment(found.remark)}" for ours, found in guesses.items()
    ]


def _unused(draft: Draft, sample: Sample) -> str:
    used = draft.used()
    unused = [name for name in sample.values if name not in used]
    if not unused:
        return ""
    lines = ["    # columns of the file that are not used:"]
    for name in unused[:LISTED_COLUMNS]:
        share = len(sample.values[name]) / sample.rows if sample.rows else 0
        lines.append(f"    #   {_comment(sample.sql(name))}: {share:.0%} filled")
    if len(unused) > LISTED_COLUMNS:
        lines.append(f"    #   and {len(unused) - LISTED_COLUMNS} more")
    return "\n".join(lines) + "\n"


def _yaml(text: str) -> str:
    """A text as a YAML scalar of one line."""
    if re.match(r"[A-Za-z_./][A-Za-z0-9_./-]*\Z", text) and text not in ("null", "true", "false"):
        return text
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]", text):
        return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'
    if "'" in text and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _comment(text: str) -> str:
    return one_line(" ".join(text.split()))
