"""JSON files: how their records stand in them, found from the content, and the fastest way to read them so.

    lines     one object per line
    array     an array of objects
    path      an object that holds the array under a key, perhaps further down: answers of web services
    objects   an object that is one record, on several lines

There may be several documents in a file, one after the other. DuckDB reads lines, an array and objects as they lie
there. Of an object that holds its records it would need all in memory: the array is cut out first.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnictl.connectors.counting import CHUNK
from omnictl.connectors.export import Export
from omnictl.connectors.files import ExportFile
from omnictl.connectors.json_records import JsonRecord, JsonRecords, on_one_line
from omnictl.connectors.json_stream import JsonWalk, Outline
from omnictl.connectors.json_stream import Path as KeyPath
from omnictl.connectors.names import folded
from omnictl.connectors.packing import bytes_of
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
from omnictl.errors import SourceError

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import TableOptions

ITSELF = "."  # what `records` is when each document is one record
HEAD = 1 << 20  # characters in which the array must begin to be cut out
TAIL = 1 << 16  # bytes in which it must end
ENDS_TRIED = 50
_LAYOUTS = {"lines": "newline_delimited", "array": "array", "objects": "unstructured"}  # as DuckDB calls them


def open_json(
    file: ExportFile,
    options: TableOptions,
    needs: Collection[str],
    con: duckdb.DuckDBPyConnection,
    scratch: Path,
    *,
    lines: bool,
) -> Export:
    """Open a file of JSON. Arguments and errors as of `open_table`.

    Args:
        lines: the file is said to be JSON lines: an object on one line is a record, whatever it holds.
    """
    import duckdb

    encoding = encoding_of(file, options.encoding)
    text = JsonText(file, encoding, scratch)
    shape = text.shape(options.records, needs, lines=lines)
    source = JsonRecords(
        file, encoding, options.missing, tuple(needs), con, scratch, _reader(file, encoding, shape), shape.described
    )
    if file.nul_bytes or encoding == "utf-8-broken":
        return source.one_by_one()
    try:
        if shape.kind == "path":
            return _by_path(source, text, shape)
        path, sound = _for_duckdb(source, shape.kind)
        if sound:
            return source.by_duckdb(path, _LAYOUTS[shape.kind])
    except duckdb.Error:
        pass
    return source.one_by_one()


@dataclass(frozen=True)
class Shape:
    """How the records stand in a file: a kind as above, of `path` the keys, and a copy of the array if there is one."""

    kind: str
    path: KeyPath = ()
    array: Path | None = None

    @property
    def described(self) -> str:
        """In words; '' for lines."""
        words = {"lines": "", "array": "an array", "objects": "documents"}
        return words.get(self.kind, f"records under `{dotted(self.path)}`")


@dataclass(frozen=True)
class JsonText:
    """A file of JSON whose shape is to be found."""

    file: ExportFile
    encoding: str
    scratch: Path

    def shape(self, records: str, needs: Collection[str], *, lines: bool) -> Shape:
        """See the module.

        Raises:
            SourceError: the file is blank, or holds several arrays of objects and none is named.
        """
        with text_of(self.file, self.encoding, "\n") as text:
            filled = (line.strip() for line in lines_of(text) if not line.isspace())
            first = next(filled, "")
            second = next(filled, "") if len(first) < LONGEST else ""
        if not first:
            raise SourceError("it holds nothing but blanks", file=self.file.shown)
        if first[0] == "[":
            if records not in ("", ITSELF):
                told = f"it is an array itself, not an object with `{records}`"
                raise SourceError(told, file=self.file.shown, hint="leave `records` out")
            return Shape("array")
        if first[0] != "{":
            return Shape("lines")
        if records:
            return Shape("objects") if records == ITSELF else Shape("path", tuple(records.split(".")))
        outline, fault = _outline(first)
        if outline is not None:
            if second:
                outline.empty.clear()  # of one record among many they say nothing
            return Shape("lines") if lines else _judged(outline, needs, self.file.shown, "lines")
        inside = fault == "inside"
        if (lines or second) if fault == "bad" else lines and not (inside and second and _outline(second)[0] is None):
            return Shape("lines")
        return self._shape_of_documents(needs)

    def _shape_of_documents(self, needs: Collection[str]) -> Shape:
        """By the first document: all of it, or what stands around the array of a large one."""
        with text_of(self.file, self.encoding, "\n") as text:
            walk = JsonWalk(text, self.file.shown)
            if walk.outlined(HEAD):
                return _judged(walk.outline, needs, self.file.shown, "objects")
            if walk.first is not None and (cut := self.cut_out(walk.first)) is not None:
                array, around = cut
                around.arrays = {**walk.outline.arrays, **around.arrays}
                shape = _judged(around, needs, self.file.shown, "objects")
                return replace(shape, array=array if shape.path == walk.first[0] else None)
            walk.outlined()
        return _judged(walk.outline, needs, self.file.shown, "objects")

    def array_at(self, wanted: KeyPath) -> Path | None:
        """A copy of the array under a path, if it is the first of the only document of a large file."""
        if self.file.size <= HEAD:
            return None
        with text_of(self.file, self.encoding, "\n") as text:
            walk = JsonWalk(text, self.file.shown)
            walk.outlined(HEAD)
        cut = self.cut_out(walk.first) if walk.first is not None and walk.first[0] == wanted else None
        return cut[0] if cut else None

    def cut_out(self, first: tuple[KeyPath, int]) -> tuple[Path, Outline] | None:
        """A copy of the array that begins at a place, and the outline of what is around it.

        Its end is looked for at the end of the file only: what stands before and behind must be a sound document
        around an empty array. What is copied has still to be read as one array: then there is no other way to
        understand the file. None when there is no such end.
        """
        with (
            text_of(self.file, self.encoding, "\n") as text,
            clean_copy(self.scratch, ".json") as (path, out),
        ):
            before = text.read(first[1])
            damaged = False
            if is_plain_utf_8(self.file, self.encoding) and self.file.encoding == "utf-8":
                _copy_bytes(self.file, len(before.encode()), path)
            else:
                damaged, _ = copy_rest(text, out)
        tail = _tail(path)
        found = None if damaged else _end_of_array(before, tail)
        if found is None:
            path.unlink()
            return None
        with path.open("r+b") as copy:
            copy.truncate(path.stat().st_size - len(tail) + found[0])
        return path, found[1]


def dotted(path: KeyPath) -> str:
    return ".".join(path)


def _outline(text: str) -> tuple[Outline | None, str]:
    """Of an object; or None, and whether the text ends `inside` one, holds `more` behind one, or is `bad`."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return None, "more"
        return None, "inside" if error.pos >= len(text) or error.msg.startswith("Unterminated") else "bad"
    except RecursionError:
        return None, "bad"
    if not isinstance(value, dict):
        return None, "bad"
    outline = Outline(keys=list(value))
    _gather(outline, value, ())
    return outline, ""


def _gather(outline: Outline, value: dict[str, Any], path: KeyPath) -> None:
    for key, inner in value.items():
        if isinstance(inner, dict):
            _gather(outline, inner, (*path, key))
        elif isinstance(inner, list) and not inner:
            outline.empty.append((*path, key))
        elif isinstance(inner, list) and isinstance(inner[0], dict):
            outline.arrays[(*path, key)] = list(inner[0])


def _judged(outline: Outline, needs: Collection[str], shown: str, otherwise: str) -> Shape:
    """Whether an object holds records or is one: the level that has more of the columns the mapping names.

    Raises:
        SourceError: it holds records, and more than one array of them.
    """
    wanted = {folded(need) for need in needs}
    own = len(wanted & {folded(key) for key in outline.keys})
    inner = max((len(wanted & {folded(key) for key in keys}) for keys in outline.arrays.values()), default=0)
    if own and own >= inner:
        return Shape(otherwise)
    found = list(outline.arrays) or ([] if own else outline.empty)
    if len(found) > 1:
        listed = ", ".join(f"`{dotted(path)}`" for path in found)
        hint = f"name the one with the records, such as `records: {dotted(found[0])}`"
        raise SourceError(f"it holds several arrays: {listed}", file=shown, hint=hint)
    return Shape("path", found[0]) if found else Shape(otherwise)


def _reader(file: ExportFile, encoding: str, shape: Shape) -> Callable[[], Iterator[JsonRecord]]:
    def of_lines() -> Iterator[JsonRecord]:
        number = 0
        with text_of(file, encoding, "\n") as text:
            for line, raw in enumerate(lines_of(text), start=1):
                stripped = raw.strip(" \t\r\n")
                if stripped:
                    number += 1
                    yield JsonRecord(number, line, stripped)

    def of_documents() -> Iterator[JsonRecord]:
        with text_of(file, encoding, "\n") as text:
            elements = JsonWalk(text, file.shown).records(shape.kind, shape.path)
            for number, element in enumerate(elements, start=1):
                yield JsonRecord(number, element.line, element.raw, element.fault)

    return of_lines if shape.kind == "lines" else of_documents


def _for_duckdb(source: JsonRecords, kind: str) -> tuple[Path, bool]:
    """The file, or a copy in UTF-8, and whether DuckDB can be trusted with it.

    It refuses a byte order mark, and takes an array that ends behind a comma for a whole one.
    """
    file = source.file
    if is_plain_utf_8(file, source.encoding) and file.encoding == "utf-8":
        return file.path, kind != "array" or file.ends == b"]"
    with text_of(file, source.encoding, "\n") as text, clean_copy(source.scratch, ".jsonl") as (path, out):
        damaged, _ = copy_rest(text, out)
    return path, not damaged and (kind != "array" or _tail(path).rstrip().endswith(b"]"))


def _by_path(source: JsonRecords, text: JsonText, shape: Shape) -> Export:
    """The records of objects that hold them, as a copy of the array or of each record.

    Raises:
        duckdb.Error: something in it is no record.
        SourceError: a document is broken, or no array is where it should be.
    """
    import duckdb

    array = shape.array or text.array_at(shape.path)
    if array is not None:
        try:
            return source.by_duckdb(array, "array")
        except duckdb.Error:
            array.unlink()
    faulty = False
    with clean_copy(source.scratch, ".jsonl") as (path, out):
        held = False
        for record in source.records():
            if record.fault or REPLACEMENT in record.raw:
                faulty = True
                break
            held = True
            out.write(on_one_line(record.raw))
            out.write("\n")
    if faulty or not held:
        return source.one_by_one()
    return source.by_duckdb(path)


def _end_of_array(before: str, tail: bytes) -> tuple[int, Outline] | None:
    """The place behind the array's closing bracket, the first that will do, and the outline of the document."""
    found, place = None, len(tail)
    for _ in range(ENDS_TRIED):
        place = tail.rfind(b"]", 0, place)
        if place < 0:
            break
        outline, _fault = _outline(before + "[]" + tail[place + 1 :].decode("utf-8", "replace"))
        if outline is not None:
            found = (place + 1, outline)
    return found


def _copy_bytes(file: ExportFile, start: int, path: Path) -> None:
    with bytes_of(file.path, file.packing, file.member) as stream, path.open("r+b") as out:
        for _ in range(start // CHUNK):
            stream.read(CHUNK)
        stream.read(start % CHUNK)
        shutil.copyfileobj(stream, out, CHUNK)


def _tail(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - TAIL))
        return stream.read()
