"""Changes of a plan as findings, as rows for programs, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from omnictl.errors import Finding, Severity
from omnictl.render.page import write_markdown
from omnictl.render.table import Col, Table
from omnictl.tracking.changes.compare import VERSION, Change

COLUMNS = ("code", "severity", "change", "event", "property", "source", "old", "new", "breaking", "kpis", "message")
PLACED = ("file", "line", "column")


def findings_of(found: Sequence[Change], faults: Sequence[Change], *, versioned: bool) -> list[Finding]:
    """The changes as findings. A breaking one is an error until the version of its event, or of the plan, says so; then
    a warning. Harmless ones are notes.

    Args:
        faults: the versions that do not say enough.
        versioned: whether both plans have versions at all.
    """
    blamed = {each.event for each in faults}
    told = []
    for each in (*found, *faults):
        open_ = each.grade == VERSION or (each.breaking and (not versioned or each.event in blamed))
        severity: Severity = "error" if open_ else "warning" if each.breaking else "note"
        hint = f"hits {', '.join(each.kpis)}" if each.kpis else ""
        told.append(Finding(f"plan-{each.grade}", message_of(each), each.place, hint, severity))
    return told


def message_of(change: Change) -> str:
    """A change in words."""
    where = about(change)
    went = f"{change.old or 'nothing'} → {change.new or 'nothing'}" if change.old or change.new else ""
    words = change.what.replace("-", " ")
    if change.grade == VERSION:
        still = f"is still {change.new}" if change.old == change.new else f"went from {change.old} to {change.new} only"
        return f"{where}: its version {still}; what has changed wants {change.wanted} or more"
    return ": ".join(part for part in (where, words, went) if part)


def about(change: Change) -> str:
    """What a change is about: the event with its column, the source, or the plan."""
    found = ".".join(part for part in (change.event, change.column) if part) or change.source
    found += f" from {change.source}" if change.source and change.source != found else ""
    return found or ("the plan" if change.grade == VERSION else "")


def rows_of(found: Sequence[Change], findings: Sequence[Finding]) -> Table:
    """One row per change, for programs.

    Args:
        findings: of the same changes, in the same order.
    """
    rows = []
    for each, finding in zip(found, findings, strict=True):
        place = finding.place
        where = (place.file, place.line, place.column) if place is not None else (None, None, None)
        names = (each.event or None, each.column or None, each.source or None, each.old or None, each.new or None)
        rows.append(
            (each.code, finding.severity, each.what, *names, each.breaking, list(each.kpis), finding.message, *where)
        )
    return Table([Col(name) for name in (*COLUMNS, *PLACED)], rows)


def markdown_of(found: Sequence[Change], findings: Sequence[Finding]) -> str:
    """The changes as a comment on a pull request, the gravest first."""
    if not found:
        return "### Tracking plan: no change"
    gravity = {"error": 0, "warning": 1, "note": 2}
    pairs = sorted(zip(found, findings, strict=True), key=lambda pair: gravity[pair[1].severity])
    columns = [Col(name) for name in ("severity", "what", "where", "old", "new", "KPIs hit")]
    rows = [
        (finding.severity, each.what.replace("-", " "), about(each), each.old, each.new, ", ".join(each.kpis))
        for each, finding in pairs
    ]
    out = StringIO()
    write_markdown(Table(columns, rows), out, "en")
    return f"### Tracking plan: {len(found)} changes\n\n{out.getvalue()}"
