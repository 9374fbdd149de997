"""The coverage of a workspace: its plan, its store where there is one, and the verdict on every line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from omnictl.compiler.catalog import Catalog, firsts_of, read_catalog
from omnictl.errors import Finding
from omnictl.glossary.house import house_glossary
from omnictl.glossary.leaves import leaves_of
from omnictl.glossary.meaning import Meanings
from omnictl.tracking.coverage.held import Held, read_held
from omnictl.tracking.coverage.judging import Judging
from omnictl.tracking.coverage.spots import Ground
from omnictl.tracking.coverage.timing import edges
from omnictl.tracking.coverage.unknown import confirmed
from omnictl.tracking.coverage.verdict import Coverage, Line
from omnictl.tracking.events import in_order
from omnictl.tracking.grammar import TrackingFile
from omnictl.tracking.load import load_plan, tracking_file
from omnictl.tracking.plan import Plan
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace


class Covering:
    """The coverage of a workspace, with what it was worked out from, so that it can be asked again without a field.

    Args:
        connection: a reader of the published store; None while there is none.
        addresses, by: KPIs and cuts that are named instead of those of the plan.
        now: the present moment, naive UTC; decides what is late.

    Raises:
        DefinitionError: the plan, a KPI or a cut has faults.
        EngineError: the store cannot be read.
    """

    def __init__(
        self,
        workspace: Workspace,
        connection: duckdb.DuckDBPyConnection | None,
        now: datetime,
        addresses: Sequence[str] = (),
        by: Sequence[str] = (),
    ) -> None:
        self.workspace = workspace
        self.connection = connection
        self.addresses = addresses
        self.glossary = house_glossary(workspace)
        self.zone = zone_of(workspace.timezone)
        self._anywhere = Meanings(self.glossary)
        self.meanings = self._anywhere.in_zone(self.zone)
        catalog = read_catalog(connection).placed(self.zone) if connection is not None else Catalog()
        seen = [each for each in catalog.channels("interactions") if each]
        self.file = tracking_file(workspace) or TrackingFile()
        self.plan, self.planned = self._plan(addresses, by, seen)
        self.held: Held | None = None
        if connection is not None:
            leaves = [leaf for kpi in self.plan.kpis for leaf in leaves_of(self.meanings.of(kpi.address))]
            firsts = firsts_of(connection)
            found = {edge for _, edge in edges(leaves, catalog, self.zone, firsts)}
            self.held = read_held(connection, workspace, catalog, self.plan.events, now, firsts, found)

    @property
    def whole_plan(self) -> Plan:
        """With all that sources give, also where only some KPIs are asked."""
        if not self.addresses:
            return self.plan
        return load_plan(self.workspace, glossary=self.glossary, meanings=self._anywhere)

    def _plan(
        self, addresses: Sequence[str], by: Sequence[str], seen: Sequence[str]
    ) -> tuple[Plan, frozenset[str] | None]:
        """The plan that is judged; and the events of the workspace's own, where tracking.yml says which they are."""
        asked = load_plan(self.workspace, addresses, by, glossary=self.glossary, seen=seen, meanings=self._anywhere)
        narrowed = self.file.channels or (addresses and self.file.needs)
        if not narrowed:
            return asked, None
        own = load_plan(self.workspace, glossary=self.glossary, meanings=self._anywhere) if addresses else asked
        return asked, frozenset(event.id for event in own.events)

    @property
    def channels(self) -> list[str]:
        """Those that sources name, that the plan is about, or that the data have."""
        found = {each for source in self.plan.sources.values() for each in source.channels} | set(self.file.channels)
        found |= set(self.held.channels if self.held is not None else ())
        return list(in_order(found))

    def coverage(self) -> Coverage:
        """Every line of the plan's KPIs."""
        lines = self.confirmed(self.judged(self.plan, self.held))
        return Coverage(tuple(lines), self.held is not None, self.plan.id, self.plan.version)

    @property
    def warnings(self) -> list[Finding]:
        """What must be known of the plan: cuts that KPIs do not have."""
        return [each for each in self.plan.findings if each.code == "cut-not-defined"]

    def confirmed(self, lines: list[Line]) -> list[Line]:
        """Lines as the compiler knows them better: see `unknown`."""
        if self.connection is None or self.held is None:
            return lines
        catalog, most = self.held.catalog, self.file.nulls
        watched = {kpi.address for kpi in self.plan.kpis if self._is_watched(kpi.address)}
        return confirmed(lines, self.workspace, self.glossary, catalog, self.connection, most, watched)

    def _is_watched(self, address: str) -> bool:
        """Whether a KPI looks for what followed."""
        watches = [leaf.branch.watch for leaf in leaves_of(self.meanings.of(address))]
        return any(watch is not None and watch.families for watch in watches)

    def judged(self, plan: Plan, held: Held | None) -> list[Line]:
        """The lines of a plan over some data."""
        changed = frozenset(self._changed()) if held is not None else frozenset()
        ground = Ground(plan, self.workspace, held, self.file, self.planned, changed)
        channels = self.channels
        return [
            line for kpi in plan.kpis for line in Judging(ground, kpi, self.meanings.of(kpi.address), channels).lines()
        ]

    def _changed(self) -> Iterable[str]:
        """The sources whose mapping is another one than they were loaded with."""
        assert self.held is not None
        for name, source in self.workspace.sources.items():
            shape = self.held.shapes.get(name)
            if shape and not shape.startswith(self.workspace.fingerprint(source)):
                yield name
