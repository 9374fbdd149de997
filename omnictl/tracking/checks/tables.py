"""Findings and deliveries of `tracking check` as tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from omnictl.render.table import Col, Table
from omnictl.tracking.checks.deliveries import Delivered
from omnictl.tracking.checks.finding import DataFinding, span
from omnictl.tracking.checks.words import HEADINGS, TITLES
from omnictl.tracking.plan import Plan

_FOR_PEOPLE = ("severity", "code", "source", "owner", "message")
_UNITS = {"count": "count", "rows": "count", "share": "ratio"}
_TYPES = {"count": "BIGINT", "rows": "BIGINT", "share": "DOUBLE"}


def findings_table(found: Sequence[DataFinding], plan: Plan, lang: str, *, for_people: bool) -> Table:
    """One row per finding. For programs with the plan it was checked against, and what the plan does about it."""
    rows = [_row(each, plan, lang) for each in found]
    names = list(_FOR_PEOPLE if for_people else _NAMES)
    columns = [_column(name, lang) for name in names]
    return Table(columns, [tuple(row[name] for name in names) for row in rows], TITLES["findings"][lang])


_NAMES = (
    *("source", "event", "property", "column", "code", "severity", "count", "rows", "share", "example", "owner"),
    *("message", "plan", "plan_version", "enforcement"),
)


def _row(each: DataFinding, plan: Plan, lang: str) -> dict[str, object]:
    about = each.about
    return {
        "source": about.source or None,
        "event": about.event or None,
        "property": about.property or None,
        "column": about.column or None,
        "code": each.code,
        "severity": each.severity,
        "count": each.count,
        "rows": each.rows,
        "share": each.share,
        "example": each.example or None,
        "owner": about.owner or None,
        "message": each.message(lang),
        "plan": plan.id,
        "plan_version": plan.version,
        "enforcement": about.enforcement or None,
    }


def grid_table(grid: Collection[Delivered], lang: str) -> Table:
    """One row per source: what was expected of it and what came; zeros are shown, what nobody promised is empty."""
    columns = [
        _column("source", lang),
        _column("every", lang),
        *(
            Col(name, "count", HEADINGS[name][lang], "BIGINT")
            for name in ("expected", "received", "missing", "late", "empty")
        ),
        Col("last_received", "UTC", HEADINGS["last_received"][lang], "TIMESTAMP"),
        _column("state", lang),
        _column("owner", lang),
    ]
    rows = [
        (
            each.source,
            span(each.retrieval.every, lang) if each.retrieval.every is not None else None,
            each.expected,
            each.received,
            each.missing,
            each.late,
            each.empty,
            each.last_received.replace(microsecond=0) if each.last_received is not None else None,
            each.state,
            each.retrieval.owner or None,
        )
        for each in grid
    ]
    return Table(columns, rows, TITLES["grid"][lang])


def _column(name: str, lang: str) -> Col:
    heading = HEADINGS.get(name)
    return Col(name, _UNITS.get(name, ""), heading[lang] if heading is not None else "", _TYPES.get(name, "VARCHAR"))
