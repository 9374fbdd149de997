"""JSON records: DuckDB reads the file, or a copy of its records, or of the sound ones where there are others.

How the records stand in the file, one per line or in documents, is a matter of `json_document`.

Types are those of the whole file, but nothing is taken for a date, a time or a UUID: these stay text, because DuckDB
drops the offset of a moment it detects and rewrites the letters of a UUID. A key with values of several kinds is text.
A nested object is a STRUCT, an array a LIST.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from omnictl.connectors.export import UNPARSED_MOST, Export, Gaps, Unparsed, one_file, without
from omnictl.connectors.files import ExportFile
from omnictl.connectors.names import folded, missing_from
from omnictl.connectors.text import LONGEST, REPLACEMENT, clean_copy
from omnictl.engines.connection import named, quoted
from omnictl.errors import SourceError

if TYPE_CHECKING:
    import duckdb
    from duckdb.sqltypes import DuckDBPyType


SCAN = """{reader}({path}, format = {format}, compression = {compression}, hive_partitioning = false{how})"""
DETECT = """, records = true, auto_detect = true, sample_size = {sample}, map_inference_threshold = -1,
    field_appearance_threshold = 0"""
KEPT_TYPES = ("boolean", "bigint", "ubigint", "hugeint", "uhugeint", "double")
# In large files of flat records the types of a sample are held against the kinds of all values: that costs half of
# what it does to find the types in all of it.
LARGE = 16_000_000
SAMPLE = 20_480
TEXTS = ("VARCHAR", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "UUID")  # what a text may be taken for
KINDS = {"BIGINT": "UBIGINT", "BOOLEAN": "BOOLEAN"}  # types → json_type of their values, none of them negative
# The kinds of records there are: their keys, and of some keys the kinds of values. A hash tells them apart.
RECORD_KINDS = """
select any_value(keys), any_value(kinds)
from (select json_keys(json) as keys, json_type(json, $paths::varchar[]) as kinds from {scan})
group by hash(keys), hash(kinds)
"""
# An integer of sixteen digits or more, which a DOUBLE may not hold exactly, by itself or inside a JSON text.
LONG_INTEGERS = r"bool_or(regexp_matches({column}, '(^|[\[{{,:] *)-?[0-9]{{16,}}($|[,}}\] ])'))"
HELD = "count({column})"
_NUMBERED = re.compile(r"(.+)_\d+\Z", re.DOTALL)


NOTHING = '"NULL"'  # DuckDB's type of a column without any value: it fits every expression
Scan = Callable[..., str]  # the SQL text of a table function, `how` still to be said


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """One record: its number and the line where it begins, both from 1, its text, and why it is none."""

    number: int
    line: int
    raw: str
    fault: str = ""


@dataclass(frozen=True)
class JsonRecords:
    """A file of JSON records of known encoding, and two ways to read it.

    A key without any value in the file has no type. A needed key that no record has is such a column, named in
    `absent`: exports leave out keys that have no value, so only all files of a source together can tell that it is
    missing.

    Attributes:
        records: gives each record in file order.
        described: how the records stand in the file, for people; '' for one per line.
    """

    file: ExportFile
    encoding: str
    missing: tuple[str, ...]
    needs: tuple[str, ...]
    con: duckdb.DuckDBPyConnection
    scratch: Path
    records: Callable[[], Iterator[JsonRecord]]
    described: str = ""

    def by_duckdb(self, path: Path, layout: str = "newline_delimited") -> JsonExport:
        """The file itself, or a copy of its records, as DuckDB reads it.

        Raises:
            duckdb.Error: something in it is no record.
            SourceError: two keys differ in capitals only.
        """
        compression = "gzip" if self.file.packing and path == self.file.path else "none"
        scan = partial(_scan, path=one_file(path), compression=quoted(compression), format=quoted(layout))
        return self._export(scan, self._columns_by_sample(scan) or self._columns(scan))

    def one_by_one(self) -> JsonExport:
        """A copy of the sound records; the others are kept as unparsed.

        Raises:
            SourceError: none is a record, or more are not than a file of this kind can have.
        """
        import duckdb

        with clean_copy(self.scratch, ".jsonl") as (path, out):
            copy = _SoundRecords(self.file.shown, "record" if self.described else "line")
            for record in self.records():
                sound = copy.sound(record)
                if sound:
                    out.write(sound + "\n")
        if not copy.keys:
            return self._nothing(copy)
        scan = partial(_scan, path=one_file(path), compression=quoted("none"), format=quoted("newline_delimited"))
        try:
            columns = self._columns(scan)
        except duckdb.Error:  # keys DuckDB finds no type for: all are text
            columns = {key: "VARCHAR" for key in copy.keys if key}
        export = self._export(scan, columns)
        export.gaps, export.unreadable, export.last = copy.gaps, copy.unreadable, True
        export.notes += copy.remarks()
        return export

    def _nothing(self, copy: _SoundRecords) -> JsonExport:
        """No record at all, as an export.

        Raises:
            SourceError: there is something, and none of it is a record.
        """
        if not copy.gaps.unparsed:
            columns = dict.fromkeys(sorted(self.needs) or ["column0"], NOTHING)
            nulls = ", ".join(f"null as {named(name)}" for name in columns)
            notes = [*self._described(), "it holds no records"]
            return JsonExport(self, f"select {nulls} where false", columns, notes, frozenset(self.needs), last=True)
        first = copy.gaps.unparsed[0]
        if self.described:
            message = f"nothing in it is a record; line {first.line}: {first.reason}"
            raise SourceError(message, file=self.file.shown, hint="each record must be a JSON object")
        hint = "each line must be one JSON object; a record over several lines can be joined by `jq -c .`"
        message = f"no line is a record; line {first.line}: {first.reason}"
        raise SourceError(message, file=self.file.shown, hint=hint)

    def _described(self) -> list[str]:
        encoding = "utf-8" if self.encoding.startswith("utf-8") else self.encoding
        return [f"{encoding}, {self.described}" if self.described else encoding]

    def _export(self, scan: Scan, columns: dict[str, str]) -> JsonExport:
        absent = missing_from(columns, self.needs)
        read = {name: "VARCHAR" if type_ == NOTHING else type_ for name, type_ in columns.items()}
        columns = {**columns, **dict.fromkeys(absent, NOTHING)}
        cells = []
        for name, type_ in columns.items():
            cell = "null" if type_ == NOTHING else named(name)
            if type_ == "VARCHAR" and self.missing:
                cell = without(self.missing, cell)
            cells.append(f"{cell} as {named(name)}")
        notes = self._described()
        if absent:
            notes.append(f"no record has {', '.join(absent)}")
        return JsonExport(
            source=self,
            select=f"select {', '.join(cells)} from {scan(how=_typed(read))}",
            columns=columns,
            notes=notes,
            absent=frozenset(absent),
        )

    def _columns_by_sample(self, scan: Scan) -> dict[str, str]:
        """As `_columns`; nothing when the sample does not tell, or some record is not like it."""
        if self.file.size < LARGE:
            return {}
        relation = self.con.cursor().sql(f"select * from {scan(how=DETECT.format(sample=SAMPLE))}")
        types = dict(zip(relation.columns, map(str, relation.types), strict=True))
        plain = all(name and not set(name) & {'"', "\\"} for name in types)
        if not plain or len({folded(name) for name in types}) < len(types):
            return {}
        if any(type_ not in TEXTS and type_ not in KINDS for type_ in types.values()):
            return {}
        others = [name for name, type_ in types.items() if type_ in KINDS]
        found = self.con.cursor().execute(
            RECORD_KINDS.format(scan=scan(reader="read_json_objects")),
            {"paths": [f'$."{name}"' for name in others] or ["$"]},
        )
        for keys, kinds in found.fetchall():
            if not types.keys() >= set(keys or ()):
                return {}
            if any(kind not in (None, "NULL", KINDS[types[name]]) for name, kind in zip(others, kinds, strict=False)):
                return {}
        return {name: "VARCHAR" if type_ in TEXTS else type_ for name, type_ in types.items()}

    def _columns(self, scan: Scan) -> dict[str, str]:
        """Key → type, over all records."""
        relation = self.con.cursor().sql(f"select * from {scan(how=DETECT.format(sample=-1))}")
        types = dict(zip(relation.columns, relation.types, strict=True))
        self._check_capitals(scan, types)
        columns = {name: NOTHING if str(type_) == NOTHING else type_text(type_) for name, type_ in types.items()}
        wanted = {folded(need) for need in self.needs}
        inexact = [
            name for name, type_ in columns.items() if "DOUBLE" in type_ and (not wanted or folded(name) in wanted)
        ]
        for name, long in zip(inexact, self._ask(scan, inexact, LONG_INTEGERS), strict=True):
            if long:
                columns[name] = type_text(types[name], doubles="VARCHAR")
        return columns

    def _check_capitals(self, scan: Scan, types: dict[str, Any]) -> None:
        """DuckDB calls a second key that differs from another in capitals only by a name no record has."""
        known = {folded(name) for name in types}
        doubtful = [
            name
            for name, type_ in types.items()
            if str(type_) != NOTHING and (base := _NUMBERED.match(name)) and folded(base[1]) in known
        ]
        for name, held in zip(doubtful, self._ask(scan, doubtful, HELD), strict=True):
            if not held:
                key = name.rpartition("_")[0]
                message = f"two keys differ in capitals only: `{key}`"
                raise SourceError(message, file=self.file.shown, hint="rename one of them in the export")

    def _ask(self, scan: Scan, names: list[str], aggregate: str) -> tuple[Any, ...]:
        """One aggregate over each of these keys, read as text."""
        if not names:
            return ()
        asked = ", ".join(aggregate.format(column=named(name)) for name in names)
        text = f"select {asked} from {scan(how=_typed(dict.fromkeys(names, 'VARCHAR')))}"
        answers: list[tuple[Any, ...]] = self.con.cursor().execute(text).fetchall()
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


def _scan(*, path: str, compression: str, format: str, how: str = "", reader: str = "read_json") -> str:
    return SCAN.format(reader=reader, path=path, format=format, compression=compression, how=how)


def _typed(columns: dict[str, str]) -> str:
    return (
        ", records = true, columns = {"
        + ", ".join(f"{quoted(name)}: {quoted(type_)}" for name, type_ in columns.items())
        + "}"
    )


class _SoundRecords:
    """Tells the records that can be read from those that cannot, and keeps the latter."""

    def __init__(self, shown: str, unit: str) -> None:
        self.shown = shown
        self.unit = unit  # what a record is, for people
        self.gaps = Gaps()
        self.keys: dict[str, None] = {}  # of all sound records, in the order seen
        self.unreadable = 0  # values

    def sound(self, record: JsonRecord) -> str:
        """The record as one line of JSON that DuckDB reads; '' when it is none."""
        raw = record.raw
        try:
            value = _parsed(raw)
        except (ValueError, RecursionError) as error:
            self.gaps.add(record.number, record.line, record.fault or _reason(raw, error), raw)
            if len(self.gaps.unparsed) > UNPARSED_MOST:
                first = self.gaps.unparsed[0]
                message = f"more than {UNPARSED_MOST:,} {self.unit}s cannot be read; line {first.line}: {first.reason}"
                raise SourceError(message, file=self.shown) from None
            return ""
        self.keys.update(dict.fromkeys(value))
        if REPLACEMENT in raw:
            broken = [key for key, inner in value.items() if REPLACEMENT in json.dumps(inner, ensure_ascii=False)]
            self.unreadable += len(broken)
            return json.dumps({**value, **dict.fromkeys(broken)})
        return on_one_line(raw)

    def remarks(self) -> list[str]:
        """What could not be read."""
        remarks = []
        if self.gaps.unparsed:
            count = len(self.gaps.unparsed)
            remarks.append(f"{count:,} {self.unit}{'' if count == 1 else 's'} could not be parsed")
        if self.unreadable:
            count = self.unreadable
            remarks.append(f"{count:,} value{'' if count == 1 else 's'} with bytes that are no text")
        return remarks


def on_one_line(raw: str) -> str:
    """A record's text on one line: line ends stand between its values only."""
    return raw.replace("\r", " ").replace("\n", " ") if "\n" in raw or "\r" in raw else raw


def _parsed(raw: str) -> dict[str, Any]:
    """The record of a text.

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
    """A file of JSON records as an `Export`."""

    source: JsonRecords
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
        if not records:
            return {}
        wanted, last = set(records), max(records)
        found: dict[int, tuple[int, str]] = {}
        for record in self.source.records():
            if record.number > last:
                break
            if record.number in wanted:
                found[record.number] = (record.line, record.raw)
        return found

    def fallback(self) -> Export | None:
        return None if self.last else self.source.one_by_one()
