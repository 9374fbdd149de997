"""The contract of connectors: what a plugin's author writes, and the host calls.

A connector turns one vendor's export into rows of our relations, in one of three speeds:

SQL over files
    `reads` says how a file is read, `relations` gives one SELECT over `file` per relation. `$name` is an option.
    A SELECT that only names, computes and filters is taken apart, and every cell is tried by itself: one that cannot
    be read is NULL and counted. Any other SELECT (groups, joins, windows) runs as it stands and gives a column
    `record`: the number in `file` of the record a row is made of, or the list of all of them.

Arrow batches
    `batches(file, options)` yields pairs of a relation and a record batch (or whatever else gives an Arrow stream). A
    column `record` tells which record of the file, from 1, each row is made of; without it, each row is one.

records
    `rows(file, options)` yields pairs of a relation and a dict, or what `place.reject(error)` gives.

In every speed, times without offset are local times of the source's zone, identifiers are in the clear, and whatever
is empty or unknown is NULL: the host converts, normalises, hashes, compares versions, counts and rejects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, NamedTuple, Protocol

from omnictl.sources import TableOptions

API = 1  # holds for every 1.x
REQUIRED = ...  # the default of an option that must be given


@dataclass(frozen=True)
class Option:
    """What a workspace may say to a connector, under a key of its own beside `connector` and `path`.

    Args:
        type: str, int, float, bool, or timedelta (written as `10 min`; in SQL a number of seconds).
        default: None is NULL in SQL; `...` means that it must be given.
        meaning: one line, shown by `omnictl connectors show`.
        among: the only values it may have; empty: any.
    """

    name: str
    type: type
    default: Any = None
    meaning: str = ""
    among: tuple[Any, ...] = ()

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@dataclass(frozen=True, kw_only=True)
class Reads:
    """How a connector's files are read. A workspace may say otherwise by the same keys (`encoding: cp1252`).

    Args:
        needs: columns a file must have, in the vendor's spelling; capitals do not matter.
        optional: columns that some versions of the export lack: NULL there.
        missing: further texts that mean empty.
    """

    format: ClassVar[str] = ""
    needs: Sequence[str] = ()
    optional: Sequence[str] = ()
    missing: Sequence[str] = ()

    def options(self) -> TableOptions:
        return TableOptions(format=self.format, missing=tuple(self.missing))


@dataclass(frozen=True, kw_only=True)
class Csv(Reads):
    """Delimited text. What is left out is found out from the file.

    Args:
        header: True, False (columns are `column0`, `column1` …), or the number of the header's line.
        width: of files without header: how many columns the longest records have. Shorter ones are filled up with
            empty cells, as in logs whose records grew with the versions that wrote them.
        columns: of a log without header, whose lines have more or fewer cells, by their parameters: the names of the
            first ones. What a line lacks is NULL, what it has beyond is left out, and quotes are characters like
            others. A file with a line that holds `needs` has a header, and is read as usual.
    """

    format: ClassVar[str] = "csv"
    delimiter: str = ""
    quote: str = ""
    encoding: str = ""
    header: bool | int | None = None
    width: int | None = None
    columns: Sequence[str] = ()

    def options(self) -> TableOptions:
        return TableOptions(
            format=self.format,
            delimiter=self.delimiter,
            quote=self.quote,
            encoding=self.encoding,
            header=self.header,
            columns=tuple(self.columns),
            missing=tuple(self.missing),
            width=self.width,
        )


@dataclass(frozen=True, kw_only=True)
class JsonLines(Reads):
    """One JSON object per line; nested objects are structs: `customer.id`."""

    format: ClassVar[str] = "jsonl"


@dataclass(frozen=True, kw_only=True)
class Json(Reads):
    """JSON documents: an array of records, or an object that holds it.

    Args:
        records: the dotted path to the array, such as `tickets`; '' finds it.
    """

    format: ClassVar[str] = "json"
    records: str = ""

    def options(self) -> TableOptions:
        return TableOptions(format=self.format, records=self.records, missing=tuple(self.missing))


@dataclass(frozen=True, kw_only=True)
class Sqlite(Reads):
    """A table of an SQLite file, or what a SELECT gives of it."""

    format: ClassVar[str] = "sqlite"
    table: str = ""
    query: str = ""

    def options(self) -> TableOptions:
        return TableOptions(format=self.format, table=self.table, query=self.query, missing=tuple(self.missing))


@dataclass(frozen=True, kw_only=True)
class Parquet(Reads):
    """Parquet, with its own types."""

    format: ClassVar[str] = "parquet"


@dataclass(frozen=True, kw_only=True)
class Excel(Reads):
    """A sheet of a workbook; '' is the first one."""

    format: ClassVar[str] = "excel"
    sheet: str = ""
    header: bool | int | None = None

    def options(self) -> TableOptions:
        return TableOptions(format=self.format, sheet=self.sheet, header=self.header, missing=tuple(self.missing))


class Rejected(NamedTuple):
    """A record that cannot be used, and why."""

    place: RecordPlace
    reason: str


class RecordPlace(NamedTuple):
    """Where a record stands: its number in the file from 1, and its line and text where they are known."""

    record: int
    line: int | None = None
    raw: str = ""

    def reject(self, error: object) -> Rejected:
        """To be yielded instead of rows: the record is counted, listed and shown with its place."""
        return Rejected(self, str(error))


class File(Protocol):
    """One export file, as `rows` and `batches` see it.

    Attributes:
        path: where it lies; compressed files are as they lie on disk.
        shown: its name as the workspace gives it, for messages.
    """

    @property
    def path(self) -> Path: ...

    @property
    def shown(self) -> str: ...

    def records(self) -> Iterator[tuple[RecordPlace, dict[str, Any]]]:
        """Its records as `reads` says, each with its place. Rows yielded after one belong to it."""

    def open(self) -> AbstractContextManager[IO[bytes]]:
        """Its bytes, unpacked, for connectors that read a format of their own: `with file.open() as stream`."""

    def place(self, line: int | None = None, raw: str = "") -> RecordPlace:
        """The place of the next record of a file that the connector reads itself. Rows yielded after it belong to it;
        without any place, each row is a record of its own."""


class Options(Mapping[str, Any]):
    """What the workspace says to a connector: `options["site"]` or `options.site`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(f"there is no option `{name}`") from None


class Connector:
    """One vendor's export. A class is the connector: the host makes one instance per source.

    Attributes:
        name: what `connector:` says in omnictl.yml.
        api: the version of this contract it is written for.
        reads: how its files are read; None when `rows` or `batches` opens them itself.
        options: what a workspace may say to it.
        look_back: how long what one file begins may go on in another one, such as `6h`: files that lie no further
            apart are read together. Needs `at`; for SQL over files.
        at: the time of a record, as SQL over `file`; seconds since 1970 or a timestamp.
        prepared: name → SELECT over `file` and the ones before it: tables made once, which `relations` may read beside
            `file`, where several of them need the same joins or groups.
        outcomes: the vendor's code for how a contact ended → ours; `outcome(code)` looks it up in SQL, and in the other
            speeds the column `outcome` is looked up by itself. A code that is not listed gives NULL and is counted.
        relations: relation → SELECT over `file`.
        retrieval: how this export is usually fetched, for people.
    """

    name: ClassVar[str] = ""
    api: ClassVar[int] = API
    reads: ClassVar[Reads | None] = None
    options: ClassVar[Sequence[Option]] = ()
    look_back: ClassVar[str] = ""
    at: ClassVar[str] = ""
    outcomes: ClassVar[Mapping[str, str]] = {}
    prepared: ClassVar[Mapping[str, str]] = {}
    relations: ClassVar[Mapping[str, str]] = {}
    retrieval: ClassVar[str] = ""

    def rows(self, file: File, options: Options) -> Iterator[tuple[str, Mapping[str, Any]] | Rejected]:
        """The third speed; see above."""
        raise AttributeError("this connector has no rows()")

    def batches(self, file: File, options: Options) -> Iterator[tuple[str, Any] | Rejected]:
        """The second speed; see above."""
        raise AttributeError("this connector has no batches()")


SQL, BATCHES, ROWS, TABLE = "sql", "batches", "rows", "table"


def speed_of(connector: type[Connector]) -> str:
    """Which speed a connector has: `sql`, `batches`, `rows`, or `table` for the declarative one; '' for none."""
    if connector.name == "table" and connector.__module__ == "omnictl.connectors.table":
        return TABLE
    own = [speed for speed in (BATCHES, ROWS) if getattr(connector, speed) is not getattr(Connector, speed)]
    given = ([SQL] if connector.relations else []) + own
    return given[0] if len(given) == 1 else ""
