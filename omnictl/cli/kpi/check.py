"""`omnictl kpi check`: definitions read and checked without data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.kpi.listing import glossary_of
from omnictl.cli.output import Output, replacing
from omnictl.render import Col, Table

if TYPE_CHECKING:
    from omnictl.errors import Finding
    from omnictl.glossary import Glossary
    from omnictl.review.check import Rules
    from omnictl.workspace import Workspace

FORMATS = ("text", "json", "github", "sarif")
NEVER = "never"
LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(cls=Command)
@click.argument("paths", metavar="[PATH]…", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format", type=click.Choice(FORMATS), default="text", help="text (default), json, github annotations, or sarif."
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, whole or not at all."
)
@click.option("--changed", metavar="REV", help="Only the KPIs that differ from where the branch left REV, by git.")
@click.option("--baseline", type=FILE, metavar="FILE", help="Findings that FILE knows are not told again.")
@click.option("--write-baseline", is_flag=True, help="Write the findings there are into the baseline, and tell none.")
@click.option(
    "--fail-on",
    default="error",
    metavar="WHAT",
    help="What exits with 1: error (default), warning, note, or codes, with commas; or never.",
)
@pass_session
def check(
    session: Session,
    paths: tuple[Path, ...],
    format: str,
    out: Path | None,
    changed: str | None,
    baseline: Path | None,
    write_baseline: bool,
    fail_on: str,
) -> int:
    """Check definitions without data.

    Reads every KPI, variant and expression of the workspace's glossary, or of the shipped one outside of a workspace,
    and tells every fault with its place. No export, store or secret is needed. PATHs are files or folders of KPIs:
    only their faults are told. Exit code 1 means that there are errors; warnings alone are 0, unless --fail-on says
    otherwise. Notes are for -v, json and sarif. `# ignore CODE: reason` on a line, or above it, hides a finding.

    \b
    Examples:
      omnictl kpi check
      omnictl kpi check kpis/service.yml --format github
      omnictl kpi check --changed origin/main --format sarif --out kpis.sarif
      omnictl kpi check --baseline known.yml --fail-on warning
    """
    from omnictl.glossary.check import with_paths
    from omnictl.review.baseline import baseline_text, beyond
    from omnictl.review.changed import changed_since, concerning
    from omnictl.review.check import check as check_all
    from omnictl.review.check import ordered

    failing = _failing(fail_on)
    if write_baseline and (baseline is None or paths or changed is not None):
        raise click.UsageError("--write-baseline takes --baseline FILE, and the whole glossary")
    own, workspace = glossary_of(session)
    glossary = with_paths(own, paths)
    difference = None
    if changed is not None:
        folder = workspace.root if workspace is not None else session.directory
        difference = changed_since(glossary, folder, changed, workspace.definition_files if workspace else ())
    findings, _ = check_all(glossary, rules_of(glossary, workspace))
    if baseline is not None and write_baseline:
        known = [finding for finding in findings if finding.severity != "note"]
        with replacing(baseline) as file:
            file.write(baseline_text(known, baseline.parent))
        session.say(f"{baseline}: {len(known)} findings that are known from now on")
        return 0
    if baseline is not None:
        findings = ordered(beyond(findings, baseline, baseline.as_posix()))
    if difference is not None:
        findings = list(concerning(findings, glossary, difference))
    findings = [finding for finding in findings if not paths or _within(finding, paths)]
    _tell(session, findings, format, out)
    count = len(glossary.names) if difference is None else len(difference.kpis & set(glossary.names))
    session.say(f"{count} KPIs: {_counted(findings)}")
    return 1 if any(failing & {finding.severity, finding.code} for finding in findings) else 0


def _failing(text: str) -> set[str]:
    """The severities and codes that --fail-on names; a severity stands for the graver ones too."""
    from omnictl.errors import SEVERITIES, did_you_mean
    from omnictl.findings import CODES

    found: set[str] = set()
    for word in (each.strip().casefold() for each in text.split(",")):
        if word == NEVER:
            continue
        if word in SEVERITIES:
            found.update(SEVERITIES[: SEVERITIES.index(word) + 1])
        elif word in CODES:
            found.add(word)
        else:
            hint = did_you_mean(word, [*SEVERITIES, NEVER, *CODES], most=3)
            raise click.UsageError(f"--fail-on takes error, warning, note, never or codes, not `{word}`; {hint}")
    return found


def rules_of(glossary: Glossary, workspace: Workspace | None) -> Rules:
    """What a workspace asks of its glossary; outside of one, nothing."""
    from omnictl.review.check import Rules
    from omnictl.review.lock import FILE_NAME, read_lock

    if workspace is None:
        return Rules()
    root = workspace.root.resolve()
    own = {layer.name for layer in glossary.layers if layer.folder.resolve().is_relative_to(root)}
    file = workspace.root / FILE_NAME
    shown = Path(workspace.file).with_name(FILE_NAME).as_posix()
    lock = read_lock(file, shown) if file.exists() else None
    return Rules(workspace.owners, own, lock, shown)


def _tell(session: Session, findings: Sequence[Finding], format: str, out: Path | None) -> None:
    from omnictl.review.sarif import sarif

    output = Output("json" if format == "json" else "table", out, session)
    if format == "json":
        output.write(as_table(findings), lang="en")
    elif format == "sarif":
        output.text(json.dumps(sarif(findings), ensure_ascii=False, indent=1))
    else:
        shown = [finding for finding in findings if finding.severity != "note" or session.verbose]
        output.text("\n".join(annotation(each) if format == "github" else each.text() for each in shown))


def _counted(findings: Sequence[Finding]) -> str:
    counts = {level: sum(finding.severity == level for finding in findings) for level in LEVELS}
    told = f"{counts['error']} errors, {counts['warning']} warnings"
    return told + (f", {counts['note']} notes (-v tells them)" if counts["note"] else "")


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
