"""The floor: figures about few people are hidden.

A figure is hidden when fewer people stand behind it than the floor says: those who are known, each once, and each row
without a person. Nobody at all is no small number: a cell without rows is shown as such. Where all other cells of a
line are shown, what is hidden could be worked out from the line's total, asked with it or apart. So the smallest cells
beside it are hidden too, until two are and those hidden together reach the floor. Lines run along every cut and along
time, so that what one question hides is not told by the same one cut otherwise. Questions that differ by `--where`, by
KPI or by the day they are asked are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from omnictl.compiler.cells import BUCKET, CUT, Cells, Key
from omnictl.compiler.plan import TARGETS, PlannedKpi

HIDDEN = "hidden"
KEPT = TARGETS  # what is told of a hidden figure
NOBODY = ("not_defined", "not_measured")

People = Mapping[Key, Mapping[str, Any]]


def hide(cells: Cells, kpis: Sequence[PlannedKpi], people: People, floor: int) -> list[str]:
    """Hide what is about too few people, in place; what to say of it.

    Args:
        people: by the key of a cell, people behind each KPI (`k1_people` …), also of totals that are not asked for.
    """
    found = []
    for number, kpi in enumerate(kpis):
        if not kpi.about_people:
            continue
        behind = _behind(cells, number, people if kpi.about_people == "people" else None)
        few = {key for key, count in behind.items() if 0 < count < floor}
        hidden = _closed(behind, few, floor)
        shown = {each.key for each in cells}
        for each in cells:
            if each.key in hidden:
                figures = each.kpis[number]
                kept = {name: figures.get(name) for name in KEPT}
                each.kpis[number] = dict.fromkeys(figures) | kept | {"state": HIDDEN}
        if small := len(few & shown):
            more = len(hidden & shown) - small
            told = f"; {more} more so that they cannot be worked out" if more else ""
            what = f"{small} figure{'s' if small > 1 else ''} about fewer than {floor} people"
            found.append(f"{kpi.name}: {what} hidden{told}")
    return found


def _behind(cells: Cells, number: int, people: People | None) -> dict[Key, int]:
    """How many people stand behind a KPI in each cell; how many rows, where nothing tells people."""
    name = f"k{number + 1}_people"
    found: dict[Key, int] = {}
    for each in cells:
        figures = each.kpis[number]
        count = figures.get("n") if people is None else people.get(each.key, {}).get(name)
        found[each.key] = 0 if figures.get("state") in NOBODY else int(count or 0)
    for key, told in (people or {}).items():
        if key[0] == BUCKET and key not in found:
            found[key] = int(told.get(name) or 0)
    return found


def _closed(behind: Mapping[Key, int], few: set[Key], floor: int) -> set[Key]:
    """The cells to hide: the small ones, and those without which they could be worked out."""
    hidden = set(few)
    every_line = list(_lines(behind))
    lines = [line for line in every_line if len(line) > 1]
    told = _told_apart(every_line, behind, few)
    parts: dict[Key, list[Key]] = {}
    for key in behind:
        if key[0] == CUT:
            parts.setdefault((BUCKET, key[1], (None,) * len(key[2])), []).append(key)
    changed = bool(hidden)
    while changed:
        before = len(hidden)
        for line in lines:
            _close(line, behind, hidden, told, floor)
        for total, cuts in parts.items():
            if total in hidden and not hidden.intersection(cuts):
                hidden.update(_smallest(cuts, behind, hidden, told))
        changed = len(hidden) > before
    return hidden


def _told_apart(lines: Sequence[Sequence[Key]], behind: Mapping[Key, int], few: set[Key]) -> set[Key]:
    """The cells that a question with fewer cuts tells: those alone on a line. Hiding them protects no other."""
    alone = (filled[0] for line in lines if len(filled := [key for key in line if behind[key]]) == 1)
    return {key for key in alone if key[0] == CUT and key not in few}


def _close(line: Sequence[Key], behind: Mapping[Key, int], hidden: set[Key], told: set[Key], floor: int) -> None:
    """Hide more of a line of which something is hidden, until that cannot be told from the line's total."""
    gone = [key for key in line if key in hidden and key not in told]
    while gone and (len(gone) < 2 or sum(behind[key] for key in gone) < floor):
        more = _smallest(line, behind, hidden, told)
        if not more:
            return
        hidden.update(more)
        gone += more


def _smallest(keys: Sequence[Key], behind: Mapping[Key, int], hidden: set[Key], told: set[Key]) -> list[Key]:
    """The one cell shown with the fewest people, the first of the answer among equal ones; none when none is left.
    Those that are told elsewhere are taken last."""
    shown = [key for key in keys if key not in hidden and behind[key] > 0]
    return [min(shown, key=lambda key: (key in told, behind[key]))] if shown else []


def _lines(behind: Mapping[Key, int]) -> Iterator[list[Key]]:
    """The cells that a total adds up, of this question or of one with fewer cuts or without buckets: along time and
    along cuts, one by one and several together; and the buckets."""
    own = [key for key in behind if key[0] == CUT]
    width = len(own[0][2]) if own else 0
    wholes = [(key[1], *key[2]) for key in own]
    several = [place for place in range(width + 1) if len({whole[place] for whole in wholes}) > 1]
    for without in (each for size in range(1, len(several) + 1) for each in combinations(several, size)):
        lines: dict[tuple[Any, ...], list[Key]] = {}
        for key, whole in zip(own, wholes, strict=True):
            lines.setdefault(tuple(each for place, each in enumerate(whole) if place not in without), []).append(key)
        yield from lines.values()
    yield [key for key in behind if key[0] == BUCKET]
