"""The floor: figures about few people are hidden.

A figure is hidden when fewer people stand behind it than the floor says: those who are known, each once, and each row
without a person. Nobody at all is no small number: a cell without rows is shown as such. Where all other cells of a
line are shown, what is hidden could be worked out from the line's total, asked with it or apart. So the smallest cells
beside it are hidden too, until two are and those hidden together reach the floor. Lines run along every cut and along
time, and what the same question with fewer cuts hides is settled first, so that neither tells what the other hides.
That goes as far as the cells tell: a question does not know of cuts it is not asked by. Questions that differ by
`--where`, by KPI or by the day they are asked are not compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from omnictl.compiler.cells import BUCKET, CUT, Cells, Key
from omnictl.compiler.plan import TARGETS, PlannedKpi

HIDDEN = "hidden"
KEPT = TARGETS  # what is told of a hidden figure
NOBODY = ("not_defined", "not_measured")

People = Mapping[Key, Mapping[str, Any]]
Lines = list[list[Key]]
Margins = Sequence[tuple[tuple[int, ...], set[Key]]]  # the places kept, and the sums over the others that are hidden


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
        if not found[each.key] and people is not None and (figures.get("n") or 0) > 0:
            found[each.key] = 1  # only probable links stand behind it, and certainly nobody
    for key, told in (people or {}).items():
        if key[0] == BUCKET and key not in found:
            found[key] = int(told.get(name) or 0)
    return found


def _closed(behind: Mapping[Key, int], few: set[Key], floor: int) -> set[Key]:
    """The cells to hide: the small ones, and those without which they could be worked out.

    What a question with fewer cuts hides, as far as these cells tell, is settled first: it shall not be put together
    from what this one shows.
    """
    if not few:
        return set()
    places = _several([key for key in behind if key[0] == CUT])
    margins: list[tuple[tuple[int, ...], set[Key]]] = []
    for kept in (each for size in range(1, len(places)) for each in combinations(places, size)):
        counts: dict[Key, int] = {}
        for key, count in behind.items():
            if key[0] == CUT:
                onto = _onto(key, kept)
                counts[onto] = counts.get(onto, 0) + count
        small = {key for key, count in counts.items() if 0 < count < floor}
        within = [(other, hidden) for other, hidden in margins if set(other) < set(kept)]
        margins.append((kept, _closure(counts, small, floor, within) if small else small))
    return _closure(behind, few, floor, margins)


def _closure(behind: Mapping[Key, int], few: set[Key], floor: int, margins: Margins) -> set[Key]:
    """The cells of a table to hide, where so much is hidden of its margins."""
    hidden = set(few)
    lines = [line for line in _lines(behind) if len(line) > 1]
    sums, told = _sums(behind, margins)
    parts: dict[Key, list[Key]] = {}
    for key in behind:
        if key[0] == CUT:
            parts.setdefault((BUCKET, key[1], (None,) * len(key[2])), []).append(key)
    changed = True
    while changed:
        before = len(hidden)
        for line in lines:
            _close(line, behind, hidden, told, floor)
        for cuts in (*sums, *(cuts for total, cuts in parts.items() if total in hidden)):
            if not hidden.intersection(cuts):
                hidden.update(_smallest(cuts, behind, hidden, told))
        changed = len(hidden) > before
    return hidden


def _sums(behind: Mapping[Key, int], margins: Margins) -> tuple[Lines, set[Key]]:
    """The cells each hidden sum is made of, and those that are a shown sum alone: hiding these protects no other."""
    sums, told = [], set()
    for kept, hidden in margins:
        made: dict[Key, list[Key]] = {}
        for key, count in behind.items():
            if key[0] == CUT and count:
                made.setdefault(_onto(key, kept), []).append(key)
        sums += [cells for total, cells in made.items() if total in hidden]
        told |= {cells[0] for total, cells in made.items() if total not in hidden and len(cells) == 1}
    return sums, told


def _onto(key: Key, kept: Collection[int]) -> Key:
    """The cell of fewer cuts that a cell adds to. Places count the bucket as the first."""
    level, period, cuts = key
    return level, period if 0 in kept else None, tuple(cut if n in kept else None for n, cut in enumerate(cuts, 1))


def _several(own: Sequence[Key]) -> list[int]:
    """The places of cells' buckets and cuts that have several values."""
    wholes = [(key[1], *key[2]) for key in own]
    return [place for place in range(len(wholes[0]) if wholes else 0) if len({whole[place] for whole in wholes}) > 1]


def _close(line: Sequence[Key], behind: Mapping[Key, int], hidden: set[Key], told: set[Key], floor: int) -> None:
    """Hide more of a line of which something is hidden, until that cannot be told from the line's total."""
    gone = [key for key in line if key in hidden]
    own = [key for key in gone if key not in told]  # what protects where the others are known

    def alone(keys: Sequence[Key]) -> bool:
        return bool(keys) and (len(keys) < 2 or sum(behind[key] for key in keys) < floor)

    while alone(gone) or alone(own):
        more = _smallest(line, behind, hidden, told)
        if not more:
            return
        hidden.update(more)
        gone += more
        own += [key for key in more if key not in told]


def _smallest(keys: Sequence[Key], behind: Mapping[Key, int], hidden: set[Key], told: set[Key]) -> list[Key]:
    """The one cell shown with the fewest people, the first of the answer among equal ones; none when none is left.
    Those that are told elsewhere are taken last."""
    shown = [key for key in keys if key not in hidden and behind[key] > 0]
    return [min(shown, key=lambda key: (key in told, behind[key]))] if shown else []


def _lines(behind: Mapping[Key, int]) -> Iterator[list[Key]]:
    """The cells that a total adds up, of this question or of one with fewer cuts or without buckets: along time and
    along cuts, one by one and several together; and the buckets."""
    own = [key for key in behind if key[0] == CUT]
    several = _several(own)
    for without in (each for size in range(1, len(several) + 1) for each in combinations(several, size)):
        lines: dict[tuple[Any, ...], list[Key]] = {}
        for key in own:
            whole = (key[1], *key[2])
            lines.setdefault(tuple(each for place, each in enumerate(whole) if place not in without), []).append(key)
        yield from lines.values()
    yield [key for key in behind if key[0] == BUCKET]


def to_hide(behind: Mapping[tuple[Any, ...], int], floor: int) -> frozenset[tuple[Any, ...]]:
    """The cuts to hide of a table that is no answer of KPIs: those about fewer people than the floor, and those beside
    them without which they could be worked out.

    Args:
        behind: how many people stand behind each cut.
    """
    keys: dict[Key, int] = {(CUT, None, cut): count for cut, count in behind.items()}
    few = {key for key, count in keys.items() if 0 < count < floor}
    return frozenset(cut for _, _, cut in _closed(keys, few, floor))
