"""`omnictl kpi check`: definitions read and checked without data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.kpi.listing import glossary_of
from omnictl.cli.output import Output
from omnictl.render import Col, Table

if TYPE_CHECKING:
    from omnictl.errors import Finding

FORMATS = ("text", "json", "github")
LEVELS = {"error": "error", "warning": "warning"}


@click.command(cls=Command)
@click.argument("paths", metavar="[PATH]…", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format", type=click.Choice(FORMATS), default="text", help="text (default), json, or github annotations."
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, whole or not at all."
)
@pass_session
def check(session: Session, paths: tuple[Path, ...], format: str, out: Path | None) -> int:
    """Check definitions without data.

    Reads every KPI, variant and expression of the workspace's glossary, or of the shipped one outside of a workspace,
    and tells every fault with its place. No export, store or secret is needed. PATHs are files or folders of KPIs:
    only their faults are told. Exit code 1 means that there are errors; warnings alone are 0.

    \b
    Examples:
      omnictl kpi check
      omnictl kpi check kpis/service.yml --format github
    """
    from omnictl.glossary.check import check_glossary, with_paths

    glossary = with_paths(glossary_of(session)[0], paths)
    findings = [finding for finding in check_glossary(glossary) if not paths or _within(finding, paths)]
    findings.sort(key=lambda finding: (finding.severity, finding.place is None, finding.place or 0, finding.code))
    output = Output("json" if format == "json" else "table", out, session)
    if format == "json":
        output.write(as_table(findings), lang="en")
    else:
        told = [annotation(finding) if format == "github" else finding.text() for finding in findings]
        output.text("\n".join(told))
    errors = sum(finding.severity == "error" for finding in findings)
    session.say(f"{len(glossary.names)} KPIs: {errors} errors, {len(findings) - errors} warnings")
    return 1 if errors else 0


def _within(finding: Finding, paths: Sequence[Path]) -> bool:
    """Whether a finding stands in one of the paths, or nowhere."""
    if finding.place is None:
        return True
    file = Path(finding.place.file).resolve()
    return any(file.is_relative_to(path.resolve()) for path in paths)


def as_table(findings: Sequence[Finding]) -> Table:
    """One row per finding, for programs."""
    names = ["code", "severity", "message", "hint", "file", "line", "column"]
    rows = []
    for finding in findings:
        place = finding.place
        where = (place.file, place.line, place.column) if place else (None, None, None)
        rows.append((finding.code, finding.severity, finding.message, finding.hint or None, *where))
    return Table([Col(name) for name in names], rows)


def annotation(finding: Finding) -> str:
    """A finding as GitHub's workflow command."""
    place = finding.place
    where = f"file={_property(place.file)},line={place.line},col={place.column}," if place else ""
    message = finding.message + (f" ({finding.hint})" if finding.hint else "")
    return f"::{LEVELS[finding.severity]} {where}title={_property(finding.code)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
