"""The rows of an answer as cells whose figures have names, for what is worked out of a few rows after the SELECT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CUT, BUCKET, ALL = 0, 1, 2  # levels: a cut, a bucket over all cuts, everything

Key = tuple[int, int | None, tuple[Any, ...]]


@dataclass
class Cell:
    """One row: its level, the number of its bucket, its cuts, and the figures of each KPI by name."""

    level: int
    period: int | None
    cuts: tuple[Any, ...]
    kpis: list[dict[str, Any]]

    @property
    def key(self) -> Key:
        return self.level, self.period, self.cuts


@dataclass
class Cells:
    """The rows of an answer.

    Attributes:
        by: the names of the cuts.
        places: where the SELECT gives each figure of each KPI.
    """

    by: tuple[str, ...]
    places: Sequence[Mapping[str, int]]
    cells: list[Cell] = field(default_factory=list)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def add(self, cell: Cell) -> None:
        self.cells.append(cell)

    def keep(self, cells: Iterable[Cell]) -> None:
        self.cells = list(cells)

    def sort(self) -> None:
        """In the order of answers: period, level, cuts ascending with NULL last; everything last."""
        self.cells.sort(
            key=lambda cell: (cell.level == ALL, cell.period or 0, cell.level, [ordered(cut) for cut in cell.cuts])
        )

    def rows(self) -> list[tuple[Any, ...]]:
        """As the SELECT gives them."""
        width = 2 + len(self.by) + sum(len(each) for each in self.places)
        found = []
        for cell in self.cells:
            row: list[Any] = [None] * width
            row[: 2 + len(self.by)] = [cell.level, cell.period, *cell.cuts]
            for places, figures in zip(self.places, cell.kpis, strict=True):
                for name, place in places.items():
                    row[place] = figures.get(name)
            found.append(tuple(row))
        return found


def read_cells(rows: Iterable[Sequence[Any]], by: tuple[str, ...], places: Sequence[Mapping[str, int]]) -> Cells:
    """The rows that a SELECT gave, as cells."""
    cuts = 2 + len(by)
    found = Cells(by, places)
    for row in rows:
        kpis = [{name: row[place] for name, place in each.items()} for each in places]
        found.add(Cell(row[0], row[1], tuple(row[2:cuts]), kpis))
    return found


def ordered(cut: Any) -> tuple[bool, Any]:
    """What a cut is sorted by: its value, none last."""
    return (True, 0) if cut is None else (False, cut)
