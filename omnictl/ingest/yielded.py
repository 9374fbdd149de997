"""The connectors that yield their rows: records as dicts, or Arrow batches, into temporary tables.

Dicts are gathered in batches and cross into the database as Arrow columns of text with the relation's own names: what
is text, number or time is decided by the same reading of cells as for every other export. Row by row, an insert would
take a hundred times as long.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import omnictl
from omnictl.connectors.contract import BATCHES, Connector, Options, RecordPlace, Rejected, speed_of
from omnictl.connectors.export import Export, Gaps, Unparsed
from omnictl.connectors.files import ExportFile
from omnictl.engines.connection import named
from omnictl.errors import PluginError, SourceError, did_you_mean
from omnictl.ingest.feeds import given_feed
from omnictl.ingest.landing import Landed, LandedFile, land_staged
from omnictl.ingest.mapping import read_mapping
from omnictl.ingest.rejects import LISTED
from omnictl.ingest.staging import common_type
from omnictl.ingest.texts import columns_of
from omnictl.ingest.view import FileView, Opener
from omnictl.relations import RELATIONS
from omnictl.sources import Source

if TYPE_CHECKING:
    import duckdb

BATCH = 20_000  # rows made into columns at a time
CROSSING = 5  # batches that cross at a time
OWN = ("record number", "file number")

Places = Callable[[Collection[int]], dict[int, tuple[int, str]]]  # records → line and text


@dataclass
class Yielded:
    """What a connector has yielded so far.

    Attributes:
        tables: relation → the columns of its table `given_<relation>`, and their types.
        records: records of all files so far.
    """

    connection: duckdb.DuckDBPyConnection
    source: Source
    connector: type[Connector]
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    files: list[LandedFile] = field(default_factory=list)
    records: int = 0

    @property
    def what(self) -> str:
        return f"connector {self.connector.name}"

    def take_file(self, number: int, file: ExportFile, opener: Opener, options: Options) -> None:
        """Take all rows of one file.

        Raises:
            PluginError: the connector fails, or yields what is none of our relations or columns.
            SourceError: the file cannot be read.
        """
        view = FileView(file, opener, self.connection)
        rejected = YieldedRejects()
        instance = self.connector()
        taken = _Buffers(self, number)
        try:
            if speed_of(self.connector) == BATCHES:
                for given in instance.batches(view, options):
                    if isinstance(given, Rejected):
                        rejected.add(given)
                    else:
                        taken.add_batch(given)
            else:
                taken.take(instance.rows(view, options), view, rejected)
            taken.flush()
        except (PluginError, SourceError):
            raise
        except (Exception, SystemExit) as error:
            if isinstance(error, MemoryError) or error.__class__.__module__.startswith(("duckdb", "_duckdb")):
                raise
            place = f"record {view.placed}: " if view.placed else ""
            words = f"{type(error).__name__}: {error}".removesuffix(": ") + _raised_at(error)
            hint = "a record that cannot be used is to be yielded as place.reject(error)"
            raise PluginError(f"{self.what}: {file.shown}: {place}{words}", hint=hint) from error
        taken.take_back(rejected)
        records = view.placed or taken.rows
        places = None if view.export is not None or not view.placed else self._places(file, opener, options)
        export = YieldedExport(view.export, rejected, _notes(view.export), places)
        self.files.append(LandedFile(number, file, export, self.records, records - len(export.unparsed)))
        self.records += records

    def _places(self, file: ExportFile, opener: Opener, options: Options) -> Places:
        """Tells line and text of records of a file that the connector reads itself: it has to read it again."""

        def located(records: Collection[int]) -> dict[int, tuple[int, str]]:
            view = FileView(file, opener, self.connection)
            view.wanted = dict.fromkeys(records)
            instance = self.connector()
            try:
                for _ in self._given(instance, view, options):
                    if view.placed > max(records):
                        break
            except (Exception, SystemExit):  # it read the file once; what is found by now is told
                pass
            return {place.record: (place.line or 0, place.raw) for place in view.wanted.values() if place is not None}

        return located

    def _given(self, instance: Connector, view: FileView, options: Options) -> Iterator[Any]:
        yield from (
            instance.batches(view, options) if speed_of(self.connector) == BATCHES else instance.rows(view, options)
        )

    def land(self) -> list[Landed]:
        """Land what was yielded of each relation."""
        landed = []
        for name in RELATIONS:
            if name not in self.tables:
                continue
            relation, columns = RELATIONS[name], self.tables[name]
            what = f"{self.what}, relation {name}"
            feed = given_feed(self.source, relation, columns, what, outcomes=bool(self.connector.outcomes))
            origin = f"select * from temp.given_{name}"
            mapping = read_mapping(self.connection, feed)
            landed.append(land_staged(self.connection, mapping, origin, columns, self.files, listed=False))
        return landed


def _notes(export: Export | None) -> list[str]:
    return list(export.notes) if export is not None else []


@dataclass
class YieldedRejects:
    """The records a connector rejected, by number."""

    places: dict[int, tuple[RecordPlace, str]] = field(default_factory=dict)

    def add(self, given: Rejected) -> None:
        """Take a reject; the first reason stands. Texts beyond those that are listed are not kept."""
        place = given.place if len(self.places) < LISTED else given.place._replace(raw="")
        self.places.setdefault(place.record, (place, given.reason))


@dataclass
class YieldedExport:
    """A file whose rows a connector yielded, as far as accounts and rejects need an `Export`."""

    read: Export | None
    rejected: YieldedRejects
    notes: list[str]
    places: Places | None
    select: str = ""
    unreadable: int = 0
    absent: frozenset[str] = frozenset()
    columns: dict[str, str] = field(default_factory=dict)
    gaps: Gaps = field(default_factory=Gaps)

    def __post_init__(self) -> None:
        found = {one.record: one for one in self.read.unparsed} if self.read is not None else {}
        wanted = [number for number in self.rejected.places if number not in found]
        located = self.read.locate(wanted) if self.read is not None and wanted else {}
        for number in wanted:
            place, reason = self.rejected.places[number]
            line, raw = located.get(number, (place.line or 0, place.raw))
            found[number] = Unparsed(number, line, reason, raw)
        for number in sorted(found):
            one = found[number]
            self.gaps.add(number, one.line, one.reason, one.raw)
        if self.read is not None:
            self.unreadable = self.read.unreadable

    @property
    def unparsed(self) -> list[Unparsed]:
        return self.gaps.unparsed

    def complete(self, rows: int) -> bool:
        return True

    def record_of(self, ordinal: int) -> int:
        return ordinal + 1  # rejected records have ordinals too

    def locate(self, records: Any) -> dict[int, tuple[int, str]]:
        if self.read is not None:
            return self.read.locate(records)
        return self.places(records) if self.places is not None and records else {}

    def fallback(self) -> Export | None:
        return None


class _Buffers:
    """Rows of one file on their way into the database."""

    def __init__(self, yielded: Yielded, number: int) -> None:
        self.yielded = yielded
        self.number = number
        self.waiting: dict[str, tuple[list[int], list[Mapping[str, Any]]]] = {}
        self.arrived: dict[str, list[Any]] = {}  # Arrow tables of one shape
        self.rows = 0  # given so far

    def take(self, yielded: Iterable[Any], view: FileView, rejected: YieldedRejects) -> None:
        """Take all that `rows` yields. This loop is what a record costs the host: it does no more than it must."""
        with _uncollected():
            self._take(yielded, view, rejected)

    def _take(self, yielded: Iterable[Any], view: FileView, rejected: YieldedRejects) -> None:
        waiting, left = self.waiting, BATCH
        for given in yielded:
            if type(given) is Rejected:
                rejected.add(given)
                continue
            try:
                relation, row = given
                numbers, rows = waiting[relation]
            except KeyError:
                _check_relation(relation, self.yielded)
                numbers, rows = waiting[relation] = ([], [])
            except (TypeError, ValueError):
                hint = 'yield "interactions", {"interaction_id": …}'
                raise PluginError(f"{self.yielded.what}: rows() yields {given!r}", hint=hint) from None
            rows.append(row)
            numbers.append(view.placed - 1 if view.placed else self.rows)
            self.rows += 1
            left -= 1
            if not left:
                self.columnise()
                gc.collect()
                left = BATCH

    def take_back(self, rejected: YieldedRejects) -> None:
        """Leave out the rows of records that were rejected after they had given some."""
        numbers = [self.yielded.records + record - 1 for record in rejected.places]
        for relation in self.yielded.tables if numbers else ():
            self.yielded.connection.execute(
                f"""delete from given_{relation} where "file number" = $file and "record number" in
                    (select unnest($numbers::bigint[]))""",
                {"file": self.number, "numbers": numbers},
            )

    def columnise(self) -> None:
        """Make Arrow columns of the rows that wait."""
        pyarrow = _pyarrow(self.yielded.what)
        for relation, (numbers, rows) in self.waiting.items():
            columns = columns_of(rows, self.yielded.what)
            arrays = [pyarrow.array(values, pyarrow.string()) for values in columns.values()]
            table = pyarrow.table([*arrays, pyarrow.array(numbers, pyarrow.int64())], names=[*columns, OWN[0]])
            tables = self.arrived.setdefault(relation, [])
            if tables and tables[-1].schema != table.schema:
                self._cross(relation)
            self.arrived.setdefault(relation, []).append(table)
            if len(self.arrived[relation]) >= CROSSING:
                self._cross(relation)
        self.waiting.clear()

    def flush(self) -> None:
        """Let all rows cross that wait."""
        self.columnise()
        for relation in list(self.arrived):
            self._cross(relation)

    def _cross(self, relation: str) -> None:
        """Let a relation's columns of one shape cross into the database."""
        import duckdb

        tables = self.arrived.pop(relation)
        table = _pyarrow(self.yielded.what).concat_tables(tables)
        names = [name for name in table.schema.names if name not in OWN]
        self._insert(relation, table, dict.fromkeys(names, "VARCHAR"), duckdb)

    def add_batch(self, given: Any) -> None:
        """Take an Arrow batch as it is."""
        import duckdb

        pyarrow = _pyarrow(self.yielded.what)
        if not isinstance(given, tuple) or len(given) != 2:
            hint = 'yield "interactions", pyarrow.table({…})'
            raise PluginError(f"{self.yielded.what}: batches() yields {given!r}", hint=hint)
        relation, batch = given
        _check_relation(relation, self.yielded)
        try:
            table = (
                pyarrow.table(batch)
                if not isinstance(batch, pyarrow.RecordBatch)
                else pyarrow.table(dict(zip(batch.schema.names, batch.columns, strict=True)))
            )
        except (TypeError, ValueError, pyarrow.ArrowException) as error:
            raise PluginError(f"{self.yielded.what}: batches() yields no Arrow batch: {error}") from error
        if "record" in table.schema.names:
            numbers = self._records_of(table.column("record"), pyarrow)
            table = table.drop_columns(["record"])
        else:
            numbers = pyarrow.array(range(self.rows, self.rows + table.num_rows), pyarrow.int64())
            self.rows += table.num_rows
        table = table.append_column(OWN[0], numbers)
        connection = self.yielded.connection
        connection.register("arrived", table)
        described = connection.execute("select column_name, column_type from (describe arrived)").fetchall()
        connection.unregister("arrived")
        self._insert(relation, table, {name: kind for name, kind in described if name not in OWN}, duckdb)

    def _records_of(self, column: Any, pyarrow: Any) -> Any:
        """The ordinals (from 0) that a batch's column `record` (from 1) gives."""
        whole = pyarrow.types.is_integer(column.type)
        least, most = pyarrow.compute.min_max(column).as_py().values() if whole else (None, None)
        if column.null_count or (len(column) and (least is None or least < 1)):
            raise PluginError(f"{self.yielded.what}: `record` of a batch must be whole numbers from 1")
        self.rows = max(self.rows, most or 0)
        return pyarrow.compute.subtract(column.cast(pyarrow.int64()), 1)

    def _insert(self, relation: str, table: Any, columns: dict[str, str], duckdb: Any) -> None:
        yielded = self.yielded
        connection, target = yielded.connection, f"given_{relation}"
        known = yielded.tables.setdefault(relation, {})
        if not known:
            shape = ", ".join(f"{named(name)} {kind}" for name, kind in columns.items())
            connection.execute(
                f'create or replace temp table {target} ({shape}, "record number" bigint, "file number" integer)'
            )
            known.update(columns)
        for name, kind in columns.items():
            if name not in known:
                connection.execute(f"alter table {target} add column {named(name)} {kind}")
                known[name] = kind
            elif known[name] != kind:
                known[name] = common_type(connection, known[name], kind)
                connection.execute(f"alter table {target} alter column {named(name)} set data type {known[name]}")
        connection.register("arrived", table)
        try:
            connection.execute(
                f"""
                insert into {target} by name
                select * replace ("record number" + {yielded.records} as "record number"),
                    {self.number} as "file number"
                from arrived
                """
            )
        except (duckdb.ConversionException, duckdb.BinderException) as error:
            words = str(error).split("\n", 1)[0]
            raise PluginError(f"{yielded.what}, relation {relation}: batches differ in their types: {words}") from error
        finally:
            connection.unregister("arrived")


def _raised_at(error: BaseException) -> str:
    """Where in a connector's own code an error was raised; '' when it was not."""
    house = str(Path(omnictl.__file__).parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(house)]
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles, which would look at tens of thousands of waiting dicts again and again; it runs
    once per batch instead, when they are gone."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _check_relation(relation: Any, yielded: Yielded) -> None:
    if relation in yielded.tables:
        return
    known = [name for name, each in RELATIONS.items() if each.written_by == "connector"]
    if relation not in known:
        raise PluginError(f"{yielded.what}: `{relation}` is not a relation", hint=did_you_mean(str(relation), known))


def _pyarrow(what: str) -> Any:
    try:
        import pyarrow
        import pyarrow.compute
    except ImportError:
        hint = "pip install 'omnictl[arrow]'"
        raise PluginError(f"{what} yields rows, which needs the package pyarrow", hint=hint) from None
    return pyarrow
