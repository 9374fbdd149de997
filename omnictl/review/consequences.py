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
NOT_ASKED = "not_asked"  # in the place of a state: this side cannot be asked of this store


@dataclass(frozen=True)
class Sum:
    """One figure, and why it is empty or not final."""

    value: Any
    state: str | None


@dataclass(frozen=True)
class Effect:
    """What a KPI told of all rows, or of one channel, and what it tells now. `channel` is None of all rows."""

    address: str
    unit: str
    channel: str | None
    old: Sum
    new: Sum

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
    """Both figures of every KPI whose meaning changed, of all rows and by channel.

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
        for channel in sorted({*before, *after}, key=lambda name: (name is not None, name or "")):
            sums = [side.get(channel, side.get(NOT_ASKED, Sum(None, "no_rows"))) for side in (before, after)]
            if channel != NOT_ASKED and (channel is None or any(_told(each) for each in sums)):
                yield Effect(each.address, unit, channel, *sums)


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
) -> Mapping[str | None, Sum]:
    """The figure of all rows under None, and by channel where the KPI's rows have one."""
    asked = replace(question, kpis=(address,), long=True)
    for by in ((CHANNEL,), ()):
        try:
            table = answer(plan(replace(asked, by=by, total=bool(by)), glossary, setting, catalog), con)
        except DefinitionError:
            continue
        except EngineError:
            break
        names = [column.name for column in table.columns]
        if set(names[: names.index("kpi")]) - {"period_start", "period_end", CHANNEL, "total"}:
            break  # it is always cut by more: it has no figure of a channel, nor of all
        rows = [dict(zip(names, row, strict=True)) for row in table.rows]
        return {
            None if not by or row["total"] else row[CHANNEL]: Sum(row["value"], row["state"])
            for row in rows
            if not by or row["total"] or row[CHANNEL] is not None
        }
    return {NOT_ASKED: Sum(None, NOT_ASKED), None: Sum(None, NOT_ASKED)}
