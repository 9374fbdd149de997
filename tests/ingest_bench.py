"""A workspace in a temporary folder, loaded in this process."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from omnictl.engines.store import Store
from omnictl.ingest.schema import columns_of
from omnictl.run import RunReport, run
from omnictl.stages import RunRow
from omnictl.workspace import Workspace, load_workspace

HEAD = "workspace: test\ntimezone: Europe/Paris\ncountry: FR\n"
MODIFIED = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)


class Bench:
    """Write exports and an omnictl.yml into `folder`, run it, look at what is published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: str | bytes, *, minutes: int = 0) -> Path:
        """A file of the workspace, last modified so many minutes after 06:00 on 1 November 2026."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        stamp = (MODIFIED + timedelta(minutes=minutes)).timestamp()
        os.utime(path, (stamp, stamp))
        return path

    def sources(self, text: str, head: str = HEAD) -> None:
        """The omnictl.yml, by its sources."""
        body = textwrap.indent(textwrap.dedent(text).strip(), "  ")
        self.write("omnictl.yml", f"{head}sources:\n{body}\n")

    @property
    def workspace(self) -> Workspace:
        return load_workspace(self.folder / "omnictl.yml")

    @property
    def store(self) -> Store:
        return Store(self.workspace.store)

    def run(self, **options: Any) -> RunReport:
        options.setdefault("stages", ("ingest",))
        report = run(self.workspace, self.store, **options)
        for row in report.rows:
            assert_adds_up(row)
        return report

    def load(self, **options: Any) -> RunRow:
        """Run a workspace of one source that must be sound."""
        report = self.run(**options)
        (row,) = report.rows
        assert row.status in ("done", "unchanged"), row.message
        return row

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the published store."""
        connection = self.store.reader()
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def answers(self, texts: Mapping[str, str]) -> dict[str, list[tuple[Any, ...]]]:
        """Rows of the published store by the names of their SELECTs, sorted: one reader for all, which opens slowly."""
        connection = self.store.reader()
        try:
            return {name: sorted(connection.execute(text).fetchall(), key=repr) for name, text in texts.items()}
        finally:
            connection.close()

    def value(self, sql: str) -> Any:
        ((value,),) = self.query(sql)
        return value

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that must be equal in two stores with the same history of content, whatever the runs between."""
        tables = {
            "files": "select path, sha256, records, used, rejected, superseded, filtered from files",
            "fills": "from fills where relation <> 'costs'",
            "feeds": "select source, relation, columns from feeds",
            "unmapped": "from unmapped",
            "sources": "select source, newest_at, watermark from sources",
            "rejects": "select * exclude (_file) from rejects",
        }
        for name in ("interactions", "segments", "steps", "surveys", "identifiers"):
            columns = [f'"{column}"' for column in columns_of(name) if column != "_file"]
            tables[name] = f"select {', '.join(columns)} from {name}"
        return self.answers(tables)


def assert_adds_up(row: RunRow) -> None:
    """Every record is in exactly one of the four."""
    assert row.used + row.rejected + row.superseded + row.filtered == row.records, row
