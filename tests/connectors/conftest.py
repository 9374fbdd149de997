"""Land export files as the host does: run the SELECT, check that it is complete, else take the fallback."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from omnictl.connectors.export import Export
from omnictl.connectors.files import ExportFile, examine
from omnictl.connectors.table import open_table
from omnictl.engines.connection import OFFLINE, named
from omnictl.workspace import TableOptions


@dataclass
class Landed:
    """What came of a file: its rows in file order, the export that gave them, and how many were tried before."""

    file: ExportFile
    export: Export
    rows: list[tuple[Any, ...]]
    tries: int

    @property
    def columns(self) -> list[str]:
        return list(self.export.columns)

    def records(self) -> list[int]:
        """The record number of each row."""
        return [self.export.record_of(ordinal) for ordinal in range(len(self.rows))]

    def column(self, name: str) -> list[Any]:
        return [row[self.columns.index(name)] for row in self.rows]


Land = Callable[..., Landed]


def unquoted(types: dict[str, str]) -> dict[str, str]:
    """Types without the quotes around the names of a STRUCT, which may be there or not."""
    return {name: type_.replace('"', "") for name, type_ in types.items()}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=dict(OFFLINE)) as connection:
        yield connection


@pytest.fixture
def land(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> Land:
    """Write a file, unless it is one already, and land it."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(mode=0o700)

    def landed(
        content: bytes | str | Path, needs: Collection[str] = ("id",), name: str = "export.csv", **options: Any
    ) -> Landed:
        if isinstance(content, Path):
            path = content
        else:
            path = tmp_path / name
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        file = examine(path, path.name)
        export: Export | None = open_table(file, TableOptions(**options), needs, con, scratch)
        tries = 0
        while export is not None:
            try:
                con.execute(f"create or replace table landed as {export.select}")
                types = {name: type_ for name, type_, *_ in con.execute("describe landed").fetchall()}
                shown = ", ".join(named(name) + ("::varchar" if "ZONE" in types[name] else "") for name in types)
                rows = con.execute(f"select {shown} from landed").fetchall()
                if export.complete(len(rows)):
                    assert unquoted(types) == unquoted(export.columns)
                    return Landed(file, export, rows, tries)
            except duckdb.Error:
                pass
            tries += 1
            export = export.fallback()
        raise AssertionError("nothing is left to try")

    return landed
