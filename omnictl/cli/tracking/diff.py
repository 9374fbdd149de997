"""`omnictl tracking diff`: what a branch asks of the tools otherwise, and which KPIs that hits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.findings import FAIL_ON, annotation, counted, failing_of
from omnictl.cli.output import Output

if TYPE_CHECKING:
    from omnictl.errors import Finding
    from omnictl.review.differences import Difference
    from omnictl.review.sides import Side
    from omnictl.tracking.changes import Change
    from omnictl.tracking.plan import Plan
    from omnictl.workspace import Workspace

FORMATS = ("text", "json", "github", "sarif", "md")


@click.command(cls=Command)
@click.argument("other", metavar="REV")
@click.option(
    "--format", type=click.Choice(FORMATS), default="text",
    help="text (default), json, github annotations, sarif, or md: Markdown.",
)  # fmt: skip
@click.option("--fail-on", default="error", metavar="WHAT", help=FAIL_ON)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, whole or not at all."
)
@pass_session
def diff(session: Session, other: str, format: str, fail_on: str, out: Path | None) -> int:
    """Tell what the plan asks otherwise than at a git revision or in a folder.

    Events, properties, values, names, fillings, retrieval, needs, and KPIs that count otherwise; what breaks, what is
    harmless, and the KPIs that are hit. A breaking change is an error until the version of its event, or of the plan,
    has a new first number, and a warning then; a harmless one is a note, and wants a new second number. The revision
    is read from git with its own omnictl.yml, tracking.yml and glossary; the working tree is not touched. main... is
    where this branch left main.

    \b
    Examples:
      omnictl tracking diff main...
      omnictl tracking diff HEAD~1 --format github
      omnictl tracking diff main... --fail-on warning --format md --out plan-changes.md
    """
    from omnictl.review.sides import other_side, side_at_hand
    from omnictl.tracking.changes import changes, findings_of, version_faults

    failing = failing_of(fail_on)
    workspace = session.workspace()
    with other_side(other, workspace.root, workspace) as then:
        old, new = _plan_of(then, workspace), _plan_of(side_at_hand(workspace), workspace)
        found = changes(old, new, _meanings(then, side_at_hand(workspace)))
        faults = version_faults(old, new, found)
    versioned = old.place is not None and new.place is not None
    findings = findings_of(found, faults, versioned=versioned)
    _tell(session, [*found, *faults], findings, format, out)
    session.say(f"{then.name} → now: {len(found)} changes: {counted(findings)}")
    return 1 if any(failing & {each.severity, each.code} for each in findings) else 0


def _plan_of(side: Side, at_hand: Workspace) -> Plan:
    """The plan of one side; one that has no omnictl.yml is asked of the sources at hand."""
    from omnictl.tracking.load import load_plan

    if side.workspace is None:
        return load_plan(at_hand, glossary=side.glossary)
    shown = "" if side.workspace.root == at_hand.root else f"{side.name}:tracking.yml"
    return load_plan(side.workspace, glossary=side.glossary, shown=shown)


def _meanings(old: Side, new: Side) -> Sequence[Difference]:
    from omnictl.review.differences import differences

    today: date = datetime.now(UTC).date()
    return differences(old.glossary, new.glossary, today)


def _tell(
    session: Session, found: Sequence[Change], findings: Sequence[Finding], format: str, out: Path | None
) -> None:
    from omnictl.review.sarif import sarif
    from omnictl.tracking.changes import markdown_of, rows_of

    output = Output("json" if format == "json" else "table", None if str(out) == "-" else out, session)
    if format == "json":
        output.write(rows_of(found, findings), lang="en")
    elif format == "sarif":
        output.text(json.dumps(sarif(findings), ensure_ascii=False, indent=1))
    elif format == "md":
        output.text(markdown_of(found, findings))
    elif format == "github":
        output.text("\n".join(annotation(each) for each in findings if each.severity != "note" or session.verbose))
    else:
        output.text("\n".join(each.text() for each in findings))
