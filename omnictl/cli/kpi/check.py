"""`omnictl kpi check`: definitions read and checked without data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.findings import FAIL_ON, annotation, as_table, counted, failing_of
from omnictl.cli.kpi.listing import glossary_of
from omnictl.cli.output import Output, replacing

if TYPE_CHECKING:
    from omnictl.errors import Finding
    from omnictl.glossary import Glossary
    from omnictl.review.check import Rules
    from omnictl.workspace import Workspace

FORMATS = ("text", "json", "github", "sarif")
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
@click.option("--fail-on", default="error", metavar="WHAT", help=FAIL_ON)
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

    failing = failing_of(fail_on)
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
    session.say(f"{count} KPIs: {counted(findings)}")
    return 1 if any(failing & {finding.severity, finding.code} for finding in findings) else 0


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


def _within(finding: Finding, paths: Sequence[Path]) -> bool:
    """Whether a finding stands in one of the paths, or nowhere."""
    if finding.place is None:
        return True
    file = Path(finding.place.file).resolve()
    return any(file.is_relative_to(path.resolve()) for path in paths)
