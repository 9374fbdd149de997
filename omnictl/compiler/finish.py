"""What is worked out of an answer's rows after the SELECT: hidden figures, the period compared with, intervals, and the
largest cuts. Rows are few, and every figure the SELECT gave stays the same unless it is hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omnictl.compiler.buckets import make_buckets
from omnictl.compiler.cells import ALL, Cells, read_cells
from omnictl.zone import zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omnictl.compiler.buckets import Buckets
    from omnictl.compiler.cells import Key
    from omnictl.compiler.plan import Plan

Row = tuple[Any, ...]
Run = Callable[[str], tuple[list[str], list[Row]]]
Places = Sequence["Mapping[str, int]"]

COMPARED = ("previous", "change", "previous_state")
ENDS = ("low", "high")


@dataclass
class Finished:
    """The rows of an answer, and which columns were put behind those of the SELECT.

    Attributes:
        further: of each KPI, the figures that came besides, with their places.
    """

    rows: list[Row]
    further: Sequence[Mapping[str, int]]
    notes: list[str] = field(default_factory=list)


def finish(plan: Plan, rows: list[Row], places: Callable[[Plan], Places], buckets: Buckets, run: Run) -> Finished:
    """Work out what is asked for besides the SELECT's figures.

    Args:
        places: where the SELECT of a plan gives the figures of each KPI.
        run: an SQL text; its columns and its rows.
    """
    if not (plan.floor or plan.previous or plan.interval or plan.top is not None):
        return Finished(rows, [{}] * len(plan.kpis))
    # most answers are ready as they are: they do not wait for what the others need
    from omnictl.compiler.compare import Comparing
    from omnictl.compiler.floor import hide
    from omnictl.compiler.intervals import add_intervals
    from omnictl.compiler.intervals import notes_of as interval_notes
    from omnictl.compiler.top import keep_largest

    own = places(plan)
    cells = read_cells(rows, plan.by, own)
    second = _second(plan, run)
    notes = hide(cells, plan.kpis, second, plan.floor) if plan.floor else []
    if plan.previous is not None:
        earlier_rows, then = _earlier(plan.previous, run)
        earlier = read_cells(earlier_rows, plan.by, places(plan.previous))
        if plan.floor:
            hide(earlier, plan.previous.kpis, _second(plan.previous, run), plan.floor)
        notes += Comparing(plan, buckets, then, earlier).put_beside(cells)
        cells.sort()
    if plan.interval:
        add_intervals(cells, plan.kpis, second)
        notes += interval_notes(plan.kpis)
    if plan.top is not None:
        notes += keep_largest(cells, plan.kpis[0], plan.top)
    further = list(_further(plan, own, cells))
    return Finished(_rows(cells, own, further), further, notes)


def _second(plan: Plan, run: Run) -> dict[Key, dict[str, Any]]:
    """The rows of the second SELECT, by the key of the cell they are about."""
    if not plan.second:
        return {}
    names, rows = run(plan.second)
    width = 2 + len(plan.by)
    return {(row[0], row[1], tuple(row[2:width])): dict(zip(names, row, strict=True)) for row in rows}


def _earlier(plan: Plan, run: Run) -> tuple[list[Row], Buckets]:
    """The rows of the period compared with, and its buckets."""
    buckets = make_buckets(plan.every, plan.period, zone_of(plan.timezone), None, plan.fiscal)
    assert buckets is not None, "what is compared with has two ends"
    return [row for row in run(plan.sql)[1] if row[1] is not None or row[0] == ALL], buckets


def _further(plan: Plan, places: Places, cells: Cells) -> Iterator[dict[str, int]]:
    """Where the columns that came besides are put: behind all others, KPI by KPI."""
    place = 2 + len(plan.by) + sum(len(each) for each in places)
    for number in range(len(plan.kpis)):
        names = [*(COMPARED if plan.previous is not None else ()), *(ENDS if plan.interval else ())]
        if not any(cell.kpis[number].get("previous_state") is not None for cell in cells):
            names = [name for name in names if name != "previous_state"]
        yield {name: place + offset for offset, name in enumerate(names)}
        place += len(names)


def _rows(cells: Cells, own: Places, further: Places) -> list[Row]:
    whole = [{**one, **other} for one, other in zip(own, further, strict=True)]
    return Cells(cells.by, whole, cells.cells).rows()
