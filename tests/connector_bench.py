"""One source of one connector class in a temporary folder, loaded in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest_bench import HEAD, Bench, assert_adds_up

from omnictl.connectors import Connector
from omnictl.connectors.registry import Offer, Registry, faults_of
from omnictl.ingest import ingest
from omnictl.ingest.ledger import Corrections
from omnictl.ingest.rules import SourceRules
from omnictl.plugins import Plugin, Plugins
from omnictl.stages import RunRow

SECRET = "identity: {secret: 0123456789abcdef0123456789abcdef}\n"


def connector_of(**attributes: Any) -> type[Connector]:
    """A connector class by its attributes; `name` is vocalia unless said."""
    made = type("Vocalia", (Connector,), {"name": "vocalia", **attributes})
    assert faults_of(made) == []
    return made


class ConnectorBench(Bench):
    """Write files into `folder`/data, load them with a connector, look at the store's work file."""

    def __init__(self, folder: Path, connector: type[Connector], settings: str = "") -> None:
        """
        Args:
            settings: what omnictl.yml says to the source besides connector and path, in YAML's flow style.
        """
        super().__init__(folder)
        self.connector = connector
        self.notes: list[str] = []
        self.rules: SourceRules = {}  # what the rows of `s` are held to
        (folder / "data").mkdir(parents=True, exist_ok=True)
        self.say(settings)

    def say(self, settings: str) -> None:
        more = f", {settings}" if settings else ""
        self.sources(f"s: {{connector: {self.connector.name}, path: data/*{more}}}", HEAD + SECRET)

    def ingest(self, **corrections: Any) -> RunRow:
        """Load what is new; the row of the run, whatever came of it."""
        plugin = Plugin("tested", "omnictl-tested", "1.0")
        known = Registry({self.connector.name: Offer(self.connector.name, self.connector, plugin)}, {}, Plugins())
        store = self.store
        self.notes = []
        with store.writer() as connection:
            given = Corrections(**corrections)
            (row,) = ingest(
                self.workspace,
                connection,
                store,
                connectors=known,
                notes=self.notes,
                corrections=given,
                rules=self.rules,
            )
        assert_adds_up(row)
        return row

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the work file."""
        import duckdb

        connection = duckdb.connect(str(self.folder / ".omnictl" / "store.work.duckdb"), read_only=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def rows(self, *relations: str) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of relations without the store's own columns."""
        return {name: self.query(f"select * exclude (_file) from {name} order by all") for name in relations}

    def counts(self) -> dict[str, int]:
        """The four counts over all files that are loaded."""
        ((used, rejected, superseded, filtered),) = self.query(
            "select sum(used), sum(rejected), sum(superseded), sum(filtered) from files"
        )
        return {"used": used, "rejected": rejected, "superseded": superseded, "filtered": filtered}


def four(row: RunRow) -> tuple[int, int, int, int]:
    """used, rejected, superseded, filtered."""
    return row.used, row.rejected, row.superseded, row.filtered
