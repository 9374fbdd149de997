"""`omnictl tracking check`: the published store against the plan."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import kpis, sources
from omnictl.cli.findings import FAIL_ON, annotation, failing_of
from omnictl.cli.options import FIRST_YEAR, LAST_YEAR, Duration, Instant, Names
from omnictl.cli.output import Output, output_options_with, replacing

if TYPE_CHECKING:
    from omnictl.tracking.checks.check import Checked, Extent
    from omnictl.tracking.checks.finding import DataFinding
    from omnictl.tracking.plan import Plan
    from omnictl.workspace import Workspace

FOR_CI = ("github", "sarif", "junit")
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(cls=Command)
@click.argument("addresses", metavar="[KPI]…", nargs=-1, shell_complete=kpis)
@click.option("--by", type=Names(), default="", metavar="DIM,…", help="Cuts asked of the KPIs that are named.")
@click.option(
    "--source", "only", type=Names(), default="", metavar="SOURCE,…", shell_complete=sources, help="These sources only."
)
@click.option("--since", metavar="7d|DATE", help="Rows of this time only: a span up to now, or from a local day on.")
@click.option("--grid", is_flag=True, help="The deliveries alone: expected, received, late, missing, empty.")
@click.option("--baseline", type=FILE, metavar="FILE", help="Findings that FILE knows are not told again.")
@click.option("--write-baseline", is_flag=True, help="Write the findings there are into the baseline, and tell none.")
@click.option("--fail-on", default="error", metavar="WHAT", help=FAIL_ON)
@click.option("--now", type=Instant(), metavar="TIME", help="Take this UTC time for the present one.")
@click.option("--timeout", type=Duration(), default="10min", metavar="DURATION", help="Of one scan; default: 10min.")
@pass_session
@output_options_with(*FOR_CI)
def check(
    session: Session, output: Output, addresses: tuple[str, ...], by: tuple[str, ...], only: tuple[str, ...],
    since: str | None, grid: bool, baseline: Path | None, write_baseline: bool, fail_on: str, now: datetime | None,
    timeout: float,
) -> int:  # fmt: skip
    """Hold the data against the plan.

    Looks in the published store for what the plan asks: events and properties that are missing or empty, values it
    does not have, times that cannot be, records that came twice, deliveries that are late or did not come. Each
    finding says where, how many rows, an example, and whom to ask. KPIs that are named stand for a plan of their own,
    as for `omnictl tracking plan`. Exit code 1 means errors, or what --fail-on says; 2 that a source could not be
    looked at, whatever the others say. Notes are for -v and programs.

    \b
    Examples:
      omnictl tracking check
      omnictl tracking check answer_rate --source telephony --since 7d
      omnictl tracking check --grid
      omnictl tracking check --baseline known.yml --format github --fail-on warning
    """
    from omnictl.tracking.checks.check import Extent
    from omnictl.tracking.documents import refuse

    failing = failing_of(fail_on)
    if write_baseline and (baseline is None or addresses or only or since):
        raise click.UsageError("--write-baseline takes --baseline FILE, and the whole plan")
    workspace = session.workspace()
    if baseline is not None and write_baseline:
        refuse(workspace, baseline)
    lang = session.language(workspace)
    moment = now or datetime.now(UTC).replace(tzinfo=None)
    extent = Extent(_known(workspace, only), _since(since, moment, workspace.timezone), bool(addresses))
    checked = _checked(session, workspace, (addresses, by), extent, moment, timeout)
    found = list(checked.findings)
    if baseline is not None and write_baseline:
        _write_baseline(session, found, baseline)
        return 0 if checked.reached else 2
    if baseline is not None:
        found = _beyond(found, baseline)
    _tell(session, output, checked, found, grid=grid, failing=failing, lang=lang)
    _summarise(session, checked, found, lang)
    if not checked.reached:
        return 2
    return 1 if any(failing & {each.severity, each.code} for each in found) else 0


def _known(workspace: Workspace, only: Sequence[str]) -> tuple[str, ...]:
    from omnictl.errors import OmnictlError, did_you_mean

    for name in only:
        if name not in workspace.sources:
            raise OmnictlError(f"`{name}` is not a source", hint=did_you_mean(name, workspace.sources))
    return tuple(only)


def _since(text: str | None, now: datetime, timezone: str) -> datetime | None:
    """A span up to now, or a local day or time, as an instant."""
    from omnictl.compiler.period import moment
    from omnictl.places import duration
    from omnictl.zone import zone_of

    if text is None:
        return None
    span = duration(text)
    if span is not None:
        return now - min(span, now - datetime(FIRST_YEAR, 1, 1))
    local = moment(text)
    if local is None:
        return None
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise click.UsageError(f"--since {text} lies outside of the years {FIRST_YEAR} to {LAST_YEAR}")
    return zone_of(timezone).to_utc(local)


def _checked(
    session: Session,
    workspace: Workspace,
    asked: tuple[tuple[str, ...], tuple[str, ...]],
    extent: Extent,
    now: datetime,
    timeout: float,
) -> Checked:
    import duckdb

    from omnictl.engines.connection import told
    from omnictl.tracking.checks.check import check as check_all
    from omnictl.tracking.load import load_plan, tracking_file

    file = tracking_file(workspace)
    plan = load_plan(workspace, *asked)
    if plan.needs and asked[1]:
        raise click.UsageError("--by is for KPIs that are named; the needs of tracking.yml have their own `by`")
    _refuse(plan)
    connection = session.store(workspace).reader(seconds=timeout)
    try:
        return check_all(workspace, plan, connection, now, file=file, extent=extent)
    except duckdb.Error as error:
        raise told(error, "the store could not be checked") from error
    finally:
        connection.close()


def _refuse(plan: Plan) -> None:
    """Raise what is wrong with a plan: data cannot be held against it."""
    from omnictl.errors import DefinitionError

    faults = [finding for finding in plan.findings if finding.severity == "error"]
    if faults:
        raise DefinitionError(faults)


def _write_baseline(session: Session, found: Sequence[DataFinding], baseline: Path) -> None:
    from omnictl.review.baseline import baseline_text

    known = [each.as_finding("en") for each in found if each.severity != "note"]
    with replacing(baseline) as file:
        file.write(baseline_text(known, baseline.parent))
    session.say(f"{baseline}: {len(known)} findings that are known from now on")


def _beyond(found: Sequence[DataFinding], baseline: Path) -> list[DataFinding]:
    """The findings that a baseline does not know, and one for each of its entries that is no longer there."""
    from omnictl.review.baseline import beyond
    from omnictl.tracking.checks.check import ordered
    from omnictl.tracking.checks.finding import DataFinding, Subject

    findings = [each.as_finding("en") for each in found]
    told = {id(finding): each for finding, each in zip(findings, found, strict=True)}
    kept = []
    for finding in beyond(findings, baseline, baseline.as_posix()):
        each = told.get(id(finding))
        if each is None:
            about = Subject(place=finding.place)
            each = DataFinding("baseline-gone", about, finding.severity, details={"told": finding.message})
        kept.append(each)
    return ordered(kept)


def _tell(
    session: Session,
    output: Output,
    checked: Checked,
    found: Sequence[DataFinding],
    *,
    grid: bool,
    failing: set[str],
    lang: str,
) -> None:
    from omnictl.tracking.checks.tables import findings_table, grid_table

    shown = [each for each in found if each.severity != "note" or session.verbose or not _hides_notes(output)]
    if output.format in FOR_CI:
        output.text(_for_ci(output.format, checked, shown, failing, lang))
        return
    deliveries = grid_table(checked.grid, lang)
    if grid:
        output.write(deliveries, lang=lang)
        return
    findings = findings_table(shown, checked.plan, lang, for_people=output.for_people)
    if output.for_people:
        output.write(*([findings] if findings.rows else []), deliveries, lang=lang)
    else:
        output.write(findings, lang=lang)


def _hides_notes(output: Output) -> bool:
    return output.for_people or output.format == "github"


def _for_ci(format: str, checked: Checked, found: Sequence[DataFinding], failing: set[str], lang: str) -> str:
    from omnictl.render.junit import junit
    from omnictl.review.sarif import sarif
    from omnictl.tracking.checks.junit import tested

    if format == "junit":
        return junit(tested(checked, found, failing, lang))
    findings = [each.as_finding(lang) for each in found]
    if format == "sarif":
        return json.dumps(sarif(findings), ensure_ascii=False, indent=1)
    return "\n".join(annotation(each) for each in findings)


def _summarise(session: Session, checked: Checked, found: Sequence[DataFinding], lang: str) -> None:
    from omnictl.errors import SEVERITIES
    from omnictl.tracking.checks.words import summary

    counts = {level: sum(each.severity == level for each in found) for level in SEVERITIES}
    plan = checked.plan
    session.say(summary(checked.events, checked.sources, plan.id, plan.version, counts, lang))
