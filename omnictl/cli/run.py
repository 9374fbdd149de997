"""`omnictl run` and `omnictl ingest`: exports into the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from omnictl.cli import diagnostics
from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import sources
from omnictl.cli.options import Duration, Names
from omnictl.cli.output import Output, output_options
from omnictl.engines.connection import quoted
from omnictl.render import Col, Table

if TYPE_CHECKING:
    from omnictl.ingest.rules import SourceRules
    from omnictl.run import RunReport
    from omnictl.workspace import Workspace

_FILES = "select source, path, records, notes from files where loaded_run = {run_id} order by source, path"
SOUND = ("done", "unchanged")
COUNTS = ("files", "records", "used", "rejected", "superseded", "filtered", "relation_rows", "unreadable_cells")


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that load exports."""
    options = [
        click.option(
            "--source",
            type=Names(),
            multiple=True,
            metavar="NAME,…",
            shell_complete=sources,
            help="These sources only.",
        ),
        click.option("--full", is_flag=True, help="Read every file again, also those that are known."),
        click.option("--replace", multiple=True, metavar="GLOB", help="Read these files again, known or not."),
        click.option("--forget", multiple=True, metavar="GLOB", help="Withdraw the rows of these files."),
    ]
    for option in reversed(options):
        command = option(command)
    return writer_options(command)


def writer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that write to the store."""
    options = [
        click.option("--dry-run", is_flag=True, help="Do it all, tell what would change, and keep nothing."),
        click.option(
            "--wait", type=Duration(), default="0 s", metavar="DURATION", help="Wait for another run that writes."
        ),
        click.option(
            "--if-busy",
            type=click.Choice(["fail", "skip"]),
            default="fail",
            help="When another run still writes: fail (exit 2, the default) or skip (exit 0).",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command(cls=Command)
@run_options
@pass_session
@output_options
def run(session: Session, output: Output, **options: Any) -> int:
    """Bring the store up to date with the exports.

    Loads what is new or changed (ingest), finds the people (link), makes follow-ups, needs and levels (build),
    publishes what is sound, and prints one row per source and stage; `all` is a stage over all sources. A stage whose
    inputs have not changed is left out. Exit code 1 means that a stage or source failed, is missing or gave more
    rejects than it may; what is sound is published all the same. Exit code 2 means that nothing could be published.

    \b
    Examples:
      omnictl run
      omnictl run --source calls,chats --wait 10min --format csv
      omnictl run --forget 'calls-2026-03*' --dry-run
    """
    return bring_up_to_date(session, output, None, "omnictl run", **options)


@click.command(cls=Command)
@run_options
@pass_session
@output_options
def ingest(session: Session, output: Output, **options: Any) -> int:
    """Load the exports into the store.

    The first stage of `omnictl run`, alone: it takes the same options, prints the rows of its sources and publishes
    too. `omnictl link` and `omnictl build` follow it.

    \b
    Example:
      omnictl ingest --source calls --full
    """
    return bring_up_to_date(session, output, ("ingest",), "omnictl ingest", **options)


@click.command(cls=Command)
@click.option("--full", is_flag=True, help="Do it also when nothing has changed.")
@writer_options
@pass_session
@output_options
def link(session: Session, output: Output, **options: Any) -> int:
    """Find the people behind the interactions.

    The second stage of `omnictl run`, alone: interactions that share an identifier, directly or through others, are
    one person's. `identity:` in omnictl.yml says which identifiers join and when they stop. Left out when neither
    these settings nor what was loaded has changed since.

    \b
    Examples:
      omnictl link
      omnictl link --full --dry-run
    """
    return bring_up_to_date(session, output, ("link",), "omnictl link", **options)


@click.command(cls=Command)
@click.option("--full", is_flag=True, help="Do it also when nothing has changed.")
@writer_options
@pass_session
@output_options
def build(session: Session, output: Output, **options: Any) -> int:
    """Make follow-ups, needs and levels of interactions and people.

    The third stage of `omnictl run`, alone: what each person did next and before, the needs their interactions make
    up, and how many conversations were open at once. Left out when nothing it is made of has changed since.

    \b
    Example:
      omnictl build --full
    """
    return bring_up_to_date(session, output, ("build",), "omnictl build", **options)


def bring_up_to_date(
    session: Session,
    output: Output,
    stages: Sequence[str] | None,
    command: str,
    *,
    source: Sequence[Sequence[str]] = (),
    full: bool,
    replace: tuple[str, ...] = (),
    forget: tuple[str, ...] = (),
    dry_run: bool,
    wait: float,
    if_busy: str,
) -> int:
    """Run some stages, print their rows, tell their notes; the exit code.

    Args:
        stages: None: all of them.
    """
    from omnictl.ingest.ledger import Corrections
    from omnictl.run import STAGES
    from omnictl.run import run as run_stages

    workspace = session.workspace()
    rules = enforced(session, workspace) if stages is None or "ingest" in stages else None
    report = run_stages(
        workspace,
        session.store(workspace),
        stages=STAGES if stages is None else stages,
        only=[name for names in source for name in names],
        corrections=Corrections(full, replace, forget),
        dry=dry_run,
        wait_s=wait,
        if_busy="skip" if if_busy == "skip" else "fail",
        progress=session.progress(),
        command=command,
        rules=rules,
    )
    tell(session, report)
    if dry_run and stages is not None and "ingest" not in stages:
        output.write(report_table(report, messages=not output.for_people), lang=session.language(workspace))
        session.say("note: nothing was kept: this was a dry run")
        return report.exit_code
    if dry_run:
        output.write(changes_table(report), lang=session.language(workspace))
        session.say("note: nothing was kept: this was a dry run")
        return report.exit_code
    if session.verbose and report.rows:
        tell_files(session, workspace, report.rows[0].run_id)
    output.write(report_table(report, messages=not output.for_people), lang=session.language(workspace))
    return report.exit_code


def tell(session: Session, report: RunReport) -> None:
    """What the user should know, and what is wrong with which source, on stderr."""
    for note in report.notes:
        session.say(f"note: {note}")
    for row in report.rows:
        name = row.source if row.stage == "ingest" else row.stage
        if row.message and row.status in SOUND:
            session.say(f"note: {name}: {row.message}")
        elif row.message.startswith("error: "):
            diagnostics.say(f"error: {name}: {row.status}: {row.message.removeprefix('error: ')}")
        elif row.status not in SOUND:
            lines = "\n" in row.message  # findings, each with its own place
            diagnostics.say(f"error: {name}: {row.status}:" + ("\n" if lines else " ") + row.message)


def enforced(session: Session, workspace: Workspace) -> SourceRules | None:
    """What tracking.yml has rows held to, before any data is read; its warnings are told.

    Raises:
        DefinitionError: it has faults.
    """
    from omnictl.tracking.grammar import FILE_NAME

    if not (workspace.root / FILE_NAME).exists():
        return None
    from omnictl.tracking.rules import rules_for

    found = rules_for(workspace)
    for warning in found.findings:
        session.say(warning.text())
    return found.rules


def tell_files(session: Session, workspace: Workspace, run_id: str) -> None:
    """The files a run has read and what was found out about them: encoding, delimiter, header."""
    with session.reading(workspace) as reading:
        table, _ = reading.answer(_FILES.format(run_id=quoted(run_id)))
    for source, path, records, notes in table.rows:
        session.detail(f"note: {source}: {path}: {records:,} records" + (f"; {notes}" if notes else ""))


def changes_table(report: RunReport) -> Table:
    """One row per file that a run would read, read again, withdraw or keep although it has vanished."""
    counts = ("records", "used", "rejected", "superseded", "filtered", "rows_before", "rows_after")
    columns = [Col("source"), Col("file"), Col("change"), *(Col(name, "count") for name in counts)]
    rows = [(each.source, each.file, each.change, *(getattr(each, name) for name in counts)) for each in report.changes]
    return Table(columns, rows)


def report_table(report: RunReport, *, messages: bool) -> Table:
    """One row per source and stage: what became of its records, how long it took, and its message when wanted."""
    columns = [Col("source"), Col("stage"), Col("status"), *(Col(name, "count") for name in COUNTS)]
    columns += [Col("seconds", "seconds"), *([Col("message")] if messages else [])]
    rows: list[tuple[Any, ...]] = []
    for row in report.rows:
        took = (row.ended_at - row.started_at).total_seconds() if row.ended_at else None
        counts = (getattr(row, name) for name in COUNTS)
        rows.append((row.source, row.stage, row.status, *counts, took, *([row.message or None] if messages else [])))
    return Table(columns, rows)
