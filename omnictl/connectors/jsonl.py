"""JSON lines: one JSON object per line. DuckDB reads the file, or the sound lines of one that has others.

Types are those of the whole file, but nothing is taken for a date, a time or a UUID: these stay text, because DuckDB
drops the offset of a moment it detects and rewrites the letters of a UUID. A key with values of several kinds is text.
A nested object is a STRUCT, an array a LIST.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from omnictl.connectors.export import UNPARSED_MOST, Export, Gaps, Unparsed, one_file, without
from omnictl.connectors.files import ExportFile
from omnictl.connectors.names import folded, missing_from
from omnictl.connectors.text import (
    LONGEST,
    REPLACEMENT,
    clean_copy,
    copy_rest,
    encoding_of,
    is_plain_utf_8,
    lines_of,
    text_of,
)
from omnictl.engines.connection import named, quoted
from omnictl.errors import SourceError

if TYPE_CHECKING:
    import duckdb
    from duckdb.sqltypes import DuckDBPyType

    from omnictl.workspace import TableOptions

SCAN = """read_json({path}, format = 'newline_delimited', records = true, compression = {compression},
    hive_partitioning = false, {how})"""
DETECT = "auto_detect = true, sample_size = -1, map_inference_threshold = -1, field_appearance_threshold = 0"
KEPT_TYPES = ("boolean", "bigint", "ubigint", "hugeint", "uhugeint", "double")
# An integer of sixteen digits or more, which a DOUBLE may not hold exactly, by itself or inside a JSON text.
LONG_INTEGERS = r"bool_or(regexp_matches({column}, '(^|[\[{{,:] *)-?[0-9]{{16,}}($|[,}}\] ])'))"
HELD = "count({column})"
_NUMBERED = re.compile(r"(.+)_\d+\Z", re.DOTALL)


def open_jsonl(
    file: ExportFile,
    options: TableOptions,
    needs: Collection[str],
    con: duckdb.DuckDBPyConnection,
    scratch: Path,
) -> Export:
    """Open a file of JSON lines. Arguments and errors as of `open_table`.

    A needed key that no record of this file has is a column of NULLs, named in `absent`: exports leave out keys that
    have no value, so only all files of a source together can tell that it is missing.
    """
    import duckdb

    encoding = encoding_of(file, options.encoding)
    with text_of(file, encoding) as text:
        begin = next((line.strip()[0] for line in lines_of(text) if line.strip()), "")
    if not begin:
        raise SourceError("it holds nothing but blanks", file=file.shown)
    if begin == "[":
        hint = "write one record per line, such as by `jq -c '.[]'`"
        raise SourceError("it holds one JSON array, not one record per line", file=file.shown, hint=hint)
    lines = JsonLines(file, encoding, options.missing, tuple(needs), con, scratch)
    if file.nul_bytes or encoding == "utf-8-broken":
        return lines.line_by_line()
    if is_plain_utf_8(file, encoding) and file.encoding == "utf-8":  # DuckDB refuses a byte order mark
        path = file.path
    else:
        with text_of(file, encoding, "\n") as text, clean_copy(scratch, ".jsonl") as (path, out):
            damaged, _ = copy_rest(text, out)
        if damaged:
            return lines.line_by_line()
    try:
        return lines.by_duckdb(path)
    except duckdb.Error:
        return lines.line_by_line()


@dataclass(frozen=True)
class JsonLines:
    """A file of JSON lines of known encoding, and two ways to read it."""

    file: ExportFile
    encoding: str
    missing: tuple[str, ...]
    needs: tuple[str, ...]
    con: duckdb.DuckDBPyConnection
    scratch: Path

    def by_duckdb(self, path: Path) -> JsonExport:
        """The file itself, or a copy of its records, as DuckDB reads it.

        Raises:
            duckdb.Error: a line of it is no record.
            SourceError: two keys differ in capitals only.
        """
        compression = "gzip" if self.file.compressed and path == self.file.path else "none"
        columns = self._columns(path, compression)
        return self._export(path, columns, compression)

    def line_by_line(self) -> JsonExport:
        """A copy of the sound records; the other lines are kept as unparsed.

        Raises:
            SourceError: no line is a record, or more are not than a file of this kind can have.
        """
        import duckdb

        with clean_copy(self.scratch, ".jsonl") as (path, out):
            copy = _SoundLines(self.file.shown)
            for number, line, raw in self.records():
                sound = copy.sound(number, line, raw)
                if sound:
                    out.write(sound + "\n")
        if not copy.keys and copy.gaps.unparsed:
            first = copy.gaps.unparsed[0]
            hint = "each line must be one JSON object; a record over several lines can be joined by `jq -c .`"
            message = f"no line is a record; line {first.line}: {first.reason}"
            raise SourceError(message, file=self.file.shown, hint=hint)
        try:
            columns = self._columns(path, "none")
        except duckdb.Error:  # keys DuckDB finds no type for: all are text
            columns = {key: "VARCHAR" for key in copy.keys if key}
        export = self._export(path, columns, "none")
        export.gaps, export.unreadable, export.last = copy.gaps, copy.unreadable, True
        export.notes += copy.remarks()
        return export

    def records(self) -> Iterator[tuple[int, int, str]]:
        """Record number, line number and text of each line that is not blank."""
        record = 0
        with text_of(self.file, self.encoding, "\n") as text:
            for line, raw in enumerate(lines_of(text), start=1):
                stripped = raw.strip(" \t\r\n")
                if stripped:
                    record += 1
                    yield record, line, stripped

    def _export(self, path: Path, columns: dict[str, str], compression: str) -> JsonExport:
        absent = missing_from(columns, self.needs)
        scan = SCAN.format(path=one_file(path), compression=quoted(compression), how=_typed(columns))
        cells = [
            f"{without(self.missing, named(name))} as {named(name)}"
            if type_ == "VARCHAR" and self.missing
            else named(name)
            for name, type_ in columns.items()
        ]
        cells += [f"null::varchar as {named(name)}" for name in absent]
        notes = ["utf-8" if self.encoding.startswith("utf-8") else self.encoding]
        if absent:
            notes.append(f"no record has {', '.join(absent)}")
        return JsonExport(
            lines=self,
            select=f"select {', '.join(cells)} from {scan}",
            columns={**columns, **dict.fromkeys(absent, "VARCHAR")},
            notes=notes,
            absent=frozenset(absent),
        )

    def _columns(self, path: Path, compression: str) -> dict[str, str]:
        """Key → type, over all records."""
        scan = SCAN.format(path=one_file(path), compression=quoted(compression), how=DETECT)
        relation = self.con.cursor().sql(f"select * from {scan}")
        types = dict(zip(relation.columns, relation.types, strict=True))
        self._check_capitals(path, compression, types)
        columns = {name: type_text(type_) for name, type_ in types.items()}
        wanted = {folded(need) for need in self.needs}
        inexact = [
            name for name, type_ in columns.items() if "DOUBLE" in type_ and (not wanted or folded(name) in wanted)
        ]
        for name, long in zip(inexact, self._ask(path, compression, inexact, LONG_INTEGERS), strict=True):
            if long:
                columns[name] = type_text(types[name], doubles="VARCHAR")
        return columns

    def _check_capitals(self, path: Path, compression: str, types: dict[str, Any]) -> None:
        """DuckDB calls a second key that differs from another in capitals only by a name no record has."""
        known = {folded(name) for name in types}
        doubtful = [
            name
            for name, type_ in types.items()
            if type_.id != "sqlnull" and (base := _NUMBERED.match(name)) and folded(base[1]) in known
        ]
        for name, held in zip(doubtful, self._ask(path, compression, doubtful, HELD), strict=True):
            if not held:
                key = name.rpartition("_")[0]
                message = f"two keys differ in capitals only: `{key}`"
                raise SourceError(message, file=self.file.shown, hint="rename one of them in the export")

    def _ask(self, path: Path, compression: str, names: list[str], aggregate: str) -> tuple[Any, ...]:
        """One aggregate over each of these keys, read as text."""
        if not names:
            return ()
        columns = dict.fromkeys(names, "VARCHAR")
        scan = SCAN.format(path=one_file(path), compression=quoted(compression), how=_typed(columns))
        asked = ", ".join(aggregate.format(column=named(name)) for name in names)
        answers: list[tuple[Any, ...]] = self.con.cursor().execute(f"select {asked} from {scan}").fetchall()
        return answers[0]


def type_text(type_: DuckDBPyType, *, doubles: str = "DOUBLE") -> str:
    """The type a value is read with, as SQL: the detected one, but text for what DuckDB would change."""
    if type_.id in ("struct", "list", "map"):
        inner = {name: type_text(cast("DuckDBPyType", child), doubles=doubles) for name, child in type_.children}
        if type_.id == "struct":
            return f"STRUCT({', '.join(f'{named(name)} {text}' for name, text in inner.items())})"
        return f"{inner['child']}[]" if type_.id == "list" else f"MAP(VARCHAR, {inner['value']})"
    if type_.id == "double":
        return doubles
    return str(type_) if type_.id in KEPT_TYPES else "VARCHAR"


def _typed(columns: dict[str, str]) -> str:
    return "columns = {" + ", ".join(f"{quoted(name)}: {quoted(type_)}" for name, type_ in columns.items()) + "}"


class _SoundLines:
    """Tells the lines that are records from those that are not, and keeps the latter."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.gaps = Gaps()
        self.keys: dict[str, None] = {}  # of all sound records, in the order seen
        self.unreadable = 0  # values

    def sound(self, record: int, line: int, raw: str) -> str:
        """The record as one line of JSON that DuckDB reads; '' when it is none."""
        try:
            value = _parsed(raw)
        except (ValueError, RecursionError) as error:
            self.gaps.add(record, line, _reason(raw, error), raw)
            if len(self.gaps.unparsed) > UNPARSED_MOST:
                first = self.gaps.unparsed[0]
                message = f"more than {UNPARSED_MOST:,} lines are no records; line {first.line}: {first.reason}"
                raise SourceError(message, file=self.shown) from None
            return ""
        self.keys.update(dict.fromkeys(value))
        if REPLACEMENT in raw:
            broken = [key for key, inner in value.items() if REPLACEMENT in json.dumps(inner, ensure_ascii=False)]
            self.unreadable += len(broken)
            return json.dumps({**value, **dict.fromkeys(broken)})
        return raw

    def remarks(self) -> list[str]:
        """What could not be read."""
        remarks = []
        if self.gaps.unparsed:
            count = len(self.gaps.unparsed)
            remarks.append(f"{count:,} line{'' if count == 1 else 's'} could not be parsed")
        if self.unreadable:
            count = self.unreadable
            remarks.append(f"{count:,} value{'' if count == 1 else 's'} with bytes that are no text")
        return remarks


def _parsed(raw: str) -> dict[str, Any]:
    """The record on a line.

    Raises:
        ValueError: it is no JSON object, or not one DuckDB reads.
    """
    if len(raw) >= LONGEST:
        raise ValueError(f"a line of more than {LONGEST:,} characters")
    value = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    if "\\ud" in raw.lower():
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is a UnicodeEncodeError
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key `{next(key for key in keys if keys.count(key) > 1)}` stands twice")
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _reason(raw: str, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeError):
        return "half of a surrogate pair in a text"
    if isinstance(error, json.JSONDecodeError):
        if error.pos >= len(raw):
            return "the line ends inside the record"
        return f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} at character {error.pos + 1}"
    return str(error)


@dataclass
class JsonExport:
    """A file of JSON lines as an `Export`."""

    lines: JsonLines
    select: str
    columns: dict[str, str]
    notes: list[str]
    absent: frozenset[str]
    gaps: Gaps = field(default_factory=Gaps)
    unreadable: int = 0
    last: bool = False  # the last resort has been taken

    @property
    def unparsed(self) -> list[Unparsed]:
        return self.gaps.unparsed

    def complete(self, rows: int) -> bool:
        return True

    def record_of(self, ordinal: int) -> int:
        return self.gaps.record_of(ordinal)

    def locate(self, records: Collection[int]) -> dict[int, tuple[int, str]]:
        wanted, last = set(records), max(records, default=0)
        found: dict[int, tuple[int, str]] = {}
        for record, line, raw in self.lines.records():
            if record > last:
                break
            if record in wanted:
                found[record] = (line, raw)
        return found

    def fallback(self) -> Export | None:
        return None if self.last else self.lines.line_by_line()
