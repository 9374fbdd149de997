"""Rows that lack a column are no loss where a KPI does not judge them: how many it could not judge, the compiler says.

`answered_at` is empty of every call that nobody answered; a KPI over answered calls lacks nothing by it. KPIs with a
window are left as they are counted: what followed is too dear to look for only to know that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from omnictl.compiler.answer import answer
from omnictl.compiler.planner import plan
from omnictl.compiler.question import Question
from omnictl.tracking.coverage.overall import overall_anew
from omnictl.tracking.coverage.verdict import Line, Reason, gravest

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.catalog import Catalog
    from omnictl.glossary.glossary import Glossary
    from omnictl.workspace import Workspace

SPARSE = "C06"
Counts = dict[tuple[str, str], tuple[int, int]]  # KPI and channel → rows that could not be judged, and those and judged


def confirmed(
    lines: Sequence[Line],
    workspace: Workspace,
    glossary: Glossary,
    catalog: Catalog,
    connection: duckdb.DuckDBPyConnection,
    most: Decimal,
    left: Collection[str] = (),
) -> list[Line]:
    """The lines, without empty columns that leave no more rows unjudged than may be; the rows of others as counted.

    Args:
        most: the share of rows that may be unjudged.
        left: KPIs that are not asked.
    """
    asked = dict.fromkeys(line.kpi for line in lines if not line.cut and line.kpi not in left and _suspect(line))
    if not asked:
        return list(lines)
    by_channel = {line.kpi for line in lines if line.channel}
    counts: Counts = {}
    for by, names in (("channel", by_channel), ("", asked.keys() - by_channel)):
        kpis = [name for name in asked if name in names and not glossary.resolve(name).by]
        if kpis:
            counts |= _counted(kpis, by, workspace, glossary, catalog, connection)
    return overall_anew(_settled(line, counts, most) for line in lines)


def _suspect(line: Line) -> bool:
    return line.state != "not_computable" and any(each.code == SPARSE for each in line.reasons)


def _counted(
    kpis: Sequence[str],
    by: str,
    workspace: Workspace,
    glossary: Glossary,
    catalog: Catalog,
    connection: duckdb.DuckDBPyConnection,
) -> Counts:
    question = Question(kpis=tuple(kpis), by=(by,) if by else (), long=True)
    table = answer(plan(question, glossary, workspace, catalog), connection)
    place = {column.name: number for number, column in enumerate(table.columns)}
    found: Counts = {}
    for row in table.rows:
        judged, unknown = (int(row[place[name]] or 0) for name in ("n", "unknown"))
        found[row[place["kpi"]], (row[place[by]] or "") if by else ""] = (unknown, judged + unknown)
    return found


def _settled(line: Line, counts: Counts, most: Decimal) -> Line:
    if line.cut or not _suspect(line) or (line.kpi, line.channel) not in counts:
        return line
    unknown, of = counts[line.kpi, line.channel]
    kept: list[Reason] = []
    for each in line.reasons:
        if each.code != SPARSE:
            kept.append(each)
        elif of and Decimal(unknown) / of > most:
            kept.append(replace(each, rows=unknown, of=of))
    return replace(line, reasons=tuple(kept), state=gravest(each.state for each in kept))
