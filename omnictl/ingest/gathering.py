"""The records of one source's files as landed rows, whatever the speed of its connector."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.connectors.contract import BATCHES, ROWS, Connector, Options, speed_of
from omnictl.connectors.export import Export
from omnictl.connectors.files import ExportFile
from omnictl.connectors.names import folded
from omnictl.connectors.settings import read_options
from omnictl.connectors.table import open_table
from omnictl.errors import PluginError
from omnictl.ingest.feeds import ADDED, Feed, Query, feeds_of, prepared_of
from omnictl.ingest.functions import define
from omnictl.ingest.landing import Landed, LandedFile, land_files
from omnictl.ingest.ledger import KnownFile, Reading, complete
from omnictl.ingest.mapping import SourceMapping, read_mapping
from omnictl.ingest.opening import Opened
from omnictl.ingest.staging import Staged, land_relations, spans, stage_files, write_places
from omnictl.ingest.yielded import Yielded
from omnictl.places import duration
from omnictl.progress import Stage
from omnictl.sources import Source

if TYPE_CHECKING:
    import duckdb


@dataclass
class Gathered:
    """The landed rows of a load.

    Attributes:
        landed: by relation, in the order of the relations.
        files: those whose rows are written.
        read: these, and those that only complete them.
        spans: file → first and last time of its records, of connectors that look back.
    """

    landed: list[Landed]
    files: list[LandedFile]
    read: list[LandedFile]
    spans: dict[int, tuple[datetime | None, datetime | None]] = field(default_factory=dict)


@dataclass
class Gathering:
    """One source to be gathered. `first` is the number its first file gets."""

    connection: duckdb.DuckDBPyConnection
    source: Source
    connector: type[Connector]
    scratch: Path
    first: int
    stage: Stage

    def gather(self, reading: Reading) -> Gathered:
        """Land the files that are to be read.

        Raises:
            SourceError: a file cannot be read.
            DefinitionError: an option, a mapping or a path of the workspace is wrong.
            PluginError: the connector fails.
            EngineError: the disk is full.
        """
        options = read_options(self.connector, self.source)
        define(self.connection, self.connector.outcomes, self.source.timezone)
        if speed_of(self.connector) in (ROWS, BATCHES):
            return self._yielded(reading, options)
        feeds = feeds_of(self.connection, self.source, self.connector, options)
        mappings = [read_mapping(self.connection, feed) for feed in feeds if isinstance(feed, Feed)]
        needs = self._needs(mappings)
        if self._straight(feeds, mappings):
            landed = land_files(self.connection, mappings[0], self._opened(reading, needs), self.stage)
            return Gathered([landed], landed.files, landed.files)
        prepared = prepared_of(self.connection, self.connector, options)
        return self._staged(reading, feeds, needs, Staged(self.source.name, prepared=prepared))

    def _straight(self, feeds: list[Feed | Query], mappings: list[SourceMapping]) -> bool:
        """Whether rows can be landed from the files themselves: one relation, and a row is a record."""
        reads = self.connector.reads
        if len(feeds) != 1 or len(mappings) != 1 or self.connector.look_back:
            return False
        return reads is None or not (reads.optional or ADDED & {folded(name) for name in mappings[0].needs})

    def _needs(self, mappings: list[SourceMapping]) -> frozenset[str]:
        reads = self.connector.reads
        needs = frozenset().union(*(mapping.needs for mapping in mappings))
        if reads is None:
            return needs
        spared = {folded(name) for name in reads.optional} | ADDED
        return frozenset(reads.needs) | {name for name in needs if folded(name) not in spared}

    def _open(self, file: ExportFile, needs: Collection[str]) -> Export:
        reads = self.connector.reads
        options = self.source.options.over(reads.options()) if reads is not None else self.source.options
        return open_table(file, options, needs, self.connection, self.scratch)

    def _opened(self, reading: Reading, needs: Collection[str]) -> Iterator[Opened]:
        for number, (file, _) in enumerate(reading.files, start=self.first):
            yield Opened(number, file, self._open(file, needs))

    def _yielded(self, reading: Reading, options: Options) -> Gathered:
        reads = self.connector.reads
        needs = frozenset(reads.needs) if reads is not None else frozenset()
        yielded = Yielded(self.connection, self.source, self.connector)
        for number, (file, _) in enumerate(reading.files, start=self.first):
            self.stage.advance(0, file.shown)
            yielded.take_file(number, file, lambda each: self._open(each, needs), options)
            self.stage.advance(1)
        return Gathered(yielded.land(), yielded.files, yielded.files)

    def _staged(self, reading: Reading, feeds: list[Feed | Query], needs: Collection[str], staged: Staged) -> Gathered:
        stage_files(self.connection, staged, self._opened(reading, needs), self.stage, self.connector.reads)
        found: dict[int, tuple[datetime | None, datetime | None]] = {}
        context: list[int] = []
        if self.connector.look_back:
            found = self._with_neighbours(staged, reading, needs, context)
        if not staged.files:
            return Gathered([], [], [])
        order = sorted((file.number for file in staged.files), key=lambda number: _time_of(found.get(number), number))
        written = frozenset(order) - frozenset(context)
        read = write_places(self.connection, staged.files, order, written)
        files = sorted((file for file in read if file.number in written), key=lambda file: file.number)
        landed = land_relations(self.connection, staged, feeds, files, together=bool(self.connector.look_back))
        return Gathered(landed, files, read, found)

    def _with_neighbours(
        self, staged: Staged, reading: Reading, needs: Collection[str], context: list[int]
    ) -> dict[int, tuple[datetime | None, datetime | None]]:
        """Stage the files within reach of those to be read: the nearest are read again, those beyond complete them.

        What begins in one file may go on in the next: rows of a neighbour may change, and to make them anew, the
        neighbour's own neighbours must be seen. Rows change too where a file that is withdrawn lay.
        """
        reach = duration(self.connector.look_back)
        at = self.connector.at
        if reach is None:
            raise PluginError(f"connector {self.connector.name}: `look_back` is no duration")
        found = self._spans(staged, at)
        withdrawn = [known for known, _ in reading.withdrawn]
        left = [(known.first_at, known.last_at) for known in withdrawn]
        for why in ("again", "context"):
            reached = [*found.values(), *(left if why == "again" else [])]
            near = [known for known in reading.known if known not in withdrawn and _near(known, reached, reach)]
            opened = []
            number = max((file.number for file in staged.files), default=self.first - 1)
            for known in near:
                file = self._neighbour(reading, known, why, staged)
                if file is None:
                    continue
                number += 1
                opened.append(Opened(number, file, self._open(file, needs)))
                if why == "context":
                    context.append(number)
            if opened:
                stage_files(self.connection, staged, opened, self.stage, self.connector.reads)
                found = self._spans(staged, at)
        for staged_file in staged.files:
            if staged_file.rows and found.get(staged_file.number, (None, None))[0] is None:
                shown = staged_file.file.shown
                reading.notes.append(f"{shown}: no record has a time by `at`; what goes on in it from another is cut")
        return found

    def _neighbour(self, reading: Reading, known: KnownFile, why: str, staged: Staged) -> ExportFile | None:
        """A known file within reach, if it is not staged yet; None also when it has vanished."""
        if any(file.file.sha256 == known.sha256 for file in staged.files):
            return None
        if known.sha256 not in reading.present:
            note = f"{known.path} is gone: what goes on from it in the next file, or in it from the last, is cut"
            if note not in reading.notes:
                reading.notes.append(note)
            return None
        if why == "again":
            return reading.read_again(known, "again")
        return complete(reading.present[known.sha256])

    def _spans(self, staged: Staged, at: str) -> dict[int, tuple[datetime | None, datetime | None]]:
        import duckdb

        if not staged.files:
            return {}
        try:
            return {number: (first, last) for number, first, last in spans(self.connection, staged, at)}
        except duckdb.Error as error:
            words = str(error).split("\n", 1)[0]
            raise PluginError(f"connector {self.connector.name}: `at` cannot be evaluated: {words}") from error


def _near(known: KnownFile, found: Collection[tuple[datetime | None, datetime | None]], reach: timedelta) -> bool:
    """Whether a file's records lie within reach of others'."""
    if known.first_at is None or known.last_at is None:
        return False
    return any(
        first is not None and last is not None and known.first_at <= last + reach and first <= known.last_at + reach
        for first, last in found
    )


def _time_of(span: tuple[datetime | None, datetime | None] | None, number: int) -> tuple[datetime, int]:
    first = span[0] if span is not None else None
    return first or datetime.min, number
