"""What a changed meaning does to figures: the old and the new definition asked of the same store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from omnictl.compiler.answer import answer
from omnictl.compiler.catalog import read_catalog
from omnictl.compiler.planner import plan
from omnictl.compiler.question import Question
from omnictl.errors import DefinitionError, EngineError

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.catalog import Catalog
    from omnictl.compiler.planner import Setting
    from omnictl.glossary.glossary import Glossary
    from omnictl.review.differences import Difference

CHANNEL = "channel"
PLACED = ("period_start", "period_end", "total")  # columns of an answer that are no cut
NOT_ASKED = "not_asked"  # in the place of a state: this side cannot be asked of this store
Cut = tuple[tuple[str, Any], ...]
Key = tuple[str | None, Cut]
ALL: Key = (None, ())


@dataclass(frozen=True)
class Sum:
    """One figure, and why it is empty or not final."""

    value: Any
    state: str | None


Figures = Mapping[Key, Sum]


@dataclass(frozen=True)
class Effect:
    """What a KPI told of all rows, or of one channel, and what it tells now.

    Attributes:
        channel: None of all rows, and of a KPI whose rows have none.
        cut: of a KPI that is always cut, its own cuts and their values; () of all rows.
    """

    address: str
    unit: str
    channel: str | None
    old: Sum
    new: Sum
    cut: Cut = ()

    @property
    def change(self) -> float | None:
        if self.old.value is None or self.new.value is None:
            return None
        return float(self.new.value) - float(self.old.value)


def effects(
    differences: list[Difference],
    old: tuple[Glossary, Setting],
    new: tuple[Glossary, Setting],
    question: Question,
    con: duckdb.DuckDBPyConnection,
) -> Iterator[Effect]:
    """Both figures of every KPI whose meaning changed, of all rows, by channel and by its own cuts.

    Args:
        old, new: the glossary of each side, and the zone it is asked in.
        question: whose period and condition hold.
    """
    catalog = read_catalog(con)
    for each in differences:
        if each.kind != "meaning":
            continue
        before, after = (_figures(*side, each.address, question, catalog, con) for side in (old, new))
        unit = new[0].resolve(each.address).unit
        for key in sorted(_comparable(before, after), key=_in_order):
            was, now = (_figure(side, key) for side in (before, after))
            if key == ALL or _told(was) or _told(now):
                yield Effect(each.address, unit, key[0], was, now, key[1])


def _comparable(*sides: Figures | None) -> set[Key]:
    """What both sides are told by: all rows alone where one is always cut otherwise than the other."""
    keys = {ALL, *(key for side in sides if side is not None for key in side)}
    alike = len({tuple(name for name, _ in cut) for channel, cut in keys - {ALL}}) <= 1
    return keys if alike else {ALL}


def _in_order(key: Key) -> tuple[Any, ...]:
    """All rows first, then by channel and cut; what has no value last."""
    channel, cut = key
    return key != ALL, channel is None, channel or "", [(value is None, str(value)) for _, value in cut]


def _figure(side: Figures | None, key: Key) -> Sum:
    return Sum(None, NOT_ASKED) if side is None else side.get(key, Sum(None, "no_rows"))


def _told(figure: Sum) -> bool:
    """Whether a channel's figure says anything."""
    return figure.value is not None and (figure.value != 0 or figure.state is None)


def _figures(
    glossary: Glossary,
    setting: Setting,
    address: str,
    question: Question,
    catalog: Catalog,
    con: duckdb.DuckDBPyConnection,
) -> Figures | None:
    """The figure of all rows, those by channel where the KPI's rows have one, and by the cuts it is always asked
    with; None where it cannot be asked."""
    asked = replace(question, kpis=(address,), long=True, total=True)
    for by in ((CHANNEL,), ()):
        try:
            table = answer(plan(replace(asked, by=by), glossary, setting, catalog), con)
        except DefinitionError:
            continue
        except EngineError:
            return None
        names = [column.name for column in table.columns]
        own = [name for name in names[: names.index("kpi")] if name not in (*PLACED, CHANNEL)]
        rows = [dict(zip(names, row, strict=True)) for row in table.rows]
        found = {}
        for row in rows:
            total = row["total"] or not (by or own)
            key = ALL if total else (row.get(CHANNEL), tuple((name, row[name]) for name in own))
            if total or key != ALL:  # rows without a channel have no line of their own
                found[key] = Sum(row["value"], row["state"])
        return found
    return None
