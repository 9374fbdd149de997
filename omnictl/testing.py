"""For the authors of connectors: `contract` is a connector's test module.

from omnictl.testing import contract
from omnictl_vocalia import Vocalia

def test_vocalia():
    contract(Vocalia, "tests/calls.csv", used=4, rejected=1, rows={"interactions": 4, "identifiers": 3})
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnictl.connectors.contract import Connector, Reads
from omnictl.connectors.registry import Offer, Registry, faults_of
from omnictl.plugins import Plugin, Plugins
from omnictl.relations import RELATIONS, Relation

if TYPE_CHECKING:
    import duckdb

    from omnictl.stages import RunRow

SECRET = "0123456789abcdef0123456789abcdef"  # pseudonyms are the same in every test
SOURCE = "tested"
EARLIEST_S = 1_600_000_000  # files are dated from here on, a minute apart: their order decides between versions


@dataclass(frozen=True)
class Loaded:
    """What a connector made of some files.

    Attributes:
        account: what became of the records; `account.used`, `.rejected`, `.superseded`, `.filtered`, `.message`.
        rows: relation → its rows as dicts, in the order of their keys; identifiers are pseudonyms.
        rejects: the rejected records: file, record, line, column, reason.
        unmapped: codes that are no outcome of ours, and how often they stand.
    """

    account: RunRow
    rows: Mapping[str, list[dict[str, Any]]]
    rejects: list[dict[str, Any]]
    unmapped: dict[str, int]


def load(
    connector: type[Connector],
    *files: str | os.PathLike[str],
    options: Mapping[str, Any] | None = None,
    relations: Sequence[Relation] = (),
    timezone: str = "Europe/Paris",
    country: str = "FR",
    one_by_one: bool = False,
) -> Loaded:
    """Load files with a connector into a store of their own, as `omnictl run` does.

    Args:
        options: what omnictl.yml says to the connector.
        relations: those that its plugin brings.
        one_by_one: each file comes in a run of its own, in the order given; else all in one run.

    Raises:
        AssertionError: the load fails; says why.
    """
    with _standing(relations), _bench(connector, files, options, timezone, country, at_once=not one_by_one) as bench:
        for file in files[:-1] if one_by_one else ():
            bench.add(file)
            bench.load()
        if one_by_one:
            bench.add(files[-1])
        return bench.load()


def contract(
    connector: type[Connector],
    file: str | os.PathLike[str],
    *,
    used: int,
    rejected: int = 0,
    superseded: int = 0,
    filtered: int = 0,
    unreadable: int = 0,
    rows: Mapping[str, int] | None = None,
    options: Mapping[str, Any] | None = None,
    relations: Sequence[Relation] = (),
    timezone: str = "Europe/Paris",
    country: str = "FR",
) -> Loaded:
    """See that a connector keeps the contract, on one real export.

    It must be sound as a class; every record must be in exactly one of used, rejected, superseded and filtered, with
    the numbers given; the same file again, under whatever name, must change nothing; an empty file and one of noise
    must be refused by name and not by a traceback; and of a log (`look_back`), any cut must give the rows of the whole.

    Args:
        unreadable: cells that cannot be read, and are NULL for it.
        rows: how many rows of each relation come of it, where they are to be checked.
        options: what omnictl.yml says to the connector.
        relations: those that its plugin brings.

    Returns:
        What was loaded, for closer tests.

    Raises:
        AssertionError: says what is broken.
    """
    with _standing(relations):
        faults = faults_of(connector)
        assert not faults, f"{connector!r}: " + "; ".join(faults)
        with _bench(connector, [file], options, timezone, country) as bench:
            loaded = bench.load()
            _check_account(loaded, {"used": used, "rejected": rejected, "superseded": superseded, "filtered": filtered})
            found = loaded.account.unreadable_cells
            assert found == unreadable, f"{found} cells cannot be read, {unreadable} expected: {loaded.account.message}"
            for name, count in (rows or {}).items():
                found = len(loaded.rows.get(name, ()))
                assert found == count, f"{found} rows of {name}, {count} were expected"
            _check_cells(loaded)
            bench.add(file, f"again-{Path(file).name}")
            again = bench.run()
            assert again.status == "unchanged", f"the same file under another name was loaded again: {again}"
            assert bench.rows() == loaded.rows, "the same file under another name changed the rows"
        _check_bad_files(connector, file, options, timezone, country)
        if connector.look_back:
            _check_cuts(connector, file, loaded, options, timezone, country)
    return loaded


@contextmanager
def _standing(relations: Sequence[Relation]) -> Iterator[None]:
    """Let relations that a plugin brings stand beside ours for a while."""
    added = [relation for relation in relations if relation.name not in RELATIONS]
    RELATIONS.update({relation.name: relation for relation in added})
    try:
        yield
    finally:
        for relation in added:
            RELATIONS.pop(relation.name, None)


class _Bench:
    """A workspace of one source, and its store."""

    def __init__(self, folder: Path, connector: type[Connector], text: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir()
        (folder / "omnictl.yml").write_text(text, encoding="utf-8")
        plugin = Plugin("tested", connector.__module__.split(".", 1)[0], "")
        self.registry = Registry({connector.name: Offer(connector.name, connector, plugin)}, {}, Plugins())
        self.files = 0

    def add(self, file: str | os.PathLike[str], name: str = "") -> None:
        target = self.data / (name or f"{self.files:04}-{Path(file).name}")
        shutil.copyfile(file, target)
        self._dated(target)

    def write(self, name: str, content: bytes) -> None:
        target = self.data / name
        target.write_bytes(content)
        self._dated(target)

    def _dated(self, target: Path) -> None:
        os.utime(target, (EARLIEST_S + 60 * self.files,) * 2)
        self.files += 1

    def run(self) -> RunRow:
        from omnictl.engines.store import Store
        from omnictl.ingest import ingest
        from omnictl.workspace import load_workspace

        workspace = load_workspace(self.folder / "omnictl.yml")
        store = Store(workspace.store)
        with store.writer() as connection:
            (row,) = ingest(workspace, connection, store, connectors=self.registry)
        return row

    def load(self) -> Loaded:
        row = self.run()
        assert row.status in ("done", "too_many_rejects"), f"{row.status}: {row.message}"
        with self._connection() as connection:
            rejects = _dicts(connection, 'select file, record, line, "column", reason from rejects order by all')
            codes = connection.execute("select value, row_count from unmapped where kind = 'outcome'").fetchall()
        return Loaded(row, self.rows(), rejects, dict(codes))

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        with self._connection() as connection:
            fed = connection.execute("select relation from feeds union select 'identifiers' order by all").fetchall()
            found = {}
            for (name,) in fed:
                relation = RELATIONS[name]
                columns = ", ".join(f'"{column}"' for column in relation.names if column != "source")
                order = ", ".join(f'"{column}"' for column in relation.key)
                found[name] = _dicts(connection, f"select {columns} from {name} order by {order}")
            return {name: rows for name, rows in found.items() if rows}

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        import duckdb

        connection = duckdb.connect(str(self.folder / ".omnictl" / "store.work.duckdb"), read_only=True)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def _bench(
    connector: type[Connector],
    files: Any,
    options: Mapping[str, Any] | None,
    timezone: str,
    country: str,
    *,
    at_once: bool = True,
) -> Iterator[_Bench]:
    said = "".join(f"    {name}: {_yaml(value)}\n" for name, value in (options or {}).items())
    text = (
        f"workspace: test\ntimezone: {timezone}\ncountry: {country}\nidentity: {{secret: {SECRET}}}\n"
        f"sources:\n  {SOURCE}:\n    connector: {connector.name}\n    path: data/*\n{said}"
    )
    with tempfile.TemporaryDirectory(prefix="omnictl-") as folder:
        bench = _Bench(Path(folder), connector, text)
        for file in files if at_once else ():
            bench.add(file)
        yield bench


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def _dicts(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _check_account(loaded: Loaded, expected: Mapping[str, int]) -> None:
    account = loaded.account
    found = {name: getattr(account, name) for name in expected}
    reasons = "; ".join(f"record {reject['record']}: {reject['reason']}" for reject in loaded.rejects[:5])
    assert found == dict(expected), f"{found}, expected {dict(expected)}; rejects: {reasons or 'none'}"
    assert sum(found.values()) == account.records, f"{found} do not add up to {account.records} records"


def _check_cells(loaded: Loaded) -> None:
    """Unknown is NULL, never an empty text."""
    for name, rows in loaded.rows.items():
        allowed = {column.name for column in RELATIONS[name].columns if "" in column.among}
        for row in rows:
            empty = [column for column, value in row.items() if value == "" and column not in allowed]
            assert not empty, f"{name}: {', '.join(empty)} of {row} is an empty text; unknown is NULL"


def _check_bad_files(
    connector: type[Connector],
    file: str | os.PathLike[str],
    options: Mapping[str, Any] | None,
    timezone: str,
    country: str,
) -> None:
    """A file that is none of its kind is refused by name, and nothing of it is kept."""
    suffix = "".join(Path(file).suffixes)
    for name, content in (("empty", b""), ("noise", bytes(range(256)) * 8)):
        with _bench(connector, [], options, timezone, country) as bench:
            bench.write(name + suffix, content)
            row = bench.run()
            assert row.used == 0, f"{name} bytes gave {row.used} used records"
            assert row.status != "done" or row.records == row.rejected + row.filtered, f"{name} bytes were taken: {row}"


def _has_header(reads: Reads | None, first: bytes) -> bool:
    """Whether the first line of a log is a header, which every part of it must have."""
    if getattr(reads, "columns", ()) and reads is not None:
        return all(name.lower() in first.decode(errors="replace").lower() for name in reads.needs)
    return getattr(reads, "header", None) is not False


def _check_cuts(
    connector: type[Connector],
    file: str | os.PathLike[str],
    loaded: Loaded,
    options: Mapping[str, Any] | None,
    timezone: str,
    country: str,
) -> None:
    """A log cut twice gives the rows of the whole, whichever part comes first: each cut is met from both sides."""
    lines = Path(file).read_bytes().splitlines(keepends=True)
    head = lines[:1] if _has_header(connector.reads, lines[0]) else []
    body = lines[len(head) :]
    cuts = sorted({len(body) // 3, 2 * len(body) // 3} - {0})
    parts = [b"".join(head + body[begin:end]) for begin, end in pairwise([0, *cuts, len(body)])]
    for order in (parts, parts[::-1]) if cuts else ():
        with _bench(connector, [], options, timezone, country) as bench:
            for number, part in enumerate(order):
                bench.write(f"part-{number}{Path(file).suffix}", part)
                row = bench.run()
                assert row.status in ("done", "too_many_rejects"), f"{row.status}: {row.message}"
            behind = " and ".join(str(cut + len(head)) for cut in cuts)
            assert bench.rows() == loaded.rows, f"cut behind line {behind}, the log gives other rows"
