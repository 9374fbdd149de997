"""`omnictl kpi diff`: what a branch changes in the glossary, and what that does to the figures."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.journey.asked import span_asked
from omnictl.cli.kpi.asked import Asked
from omnictl.cli.kpi.listing import workspace_around
from omnictl.cli.options import timeout_option
from omnictl.cli.output import Output

if TYPE_CHECKING:
    from omnictl.review.consequences import Effect
    from omnictl.review.differences import Difference
    from omnictl.review.report import Report
    from omnictl.review.sides import Side
    from omnictl.workspace import Workspace

FORMATS = ("text", "json", "md")
FAIL_ON = ("breaking", "meaning", "any", "none")


@click.command(cls=Command)
@click.argument("other", metavar="REV")
@click.option("--format", type=click.Choice(FORMATS), default="text", help="text (default), json, or md: Markdown.")
@click.option(
    "--fail-on", type=click.Choice(FAIL_ON), default="meaning", help="What makes exit code 1; default: meaning."
)
@click.option("--no-figures", is_flag=True, help="Do not ask the store what the changes do to the figures.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, whole or not at all."
)
@pass_session
@span_asked
@timeout_option
def diff(
    session: Session,
    asked: Asked,
    other: str,
    format: str,
    fail_on: str,
    no_figures: bool,
    out: Path | None,
    timeout: float,
) -> int:
    """Tell what the glossary says otherwise than a git revision or a folder.

    KPI by KPI and variant by variant: added, removed, wording only, or meaning changed, which is told by the tree of
    the expressions and not by their text; whether it breaks figures of the past or names in use; who depends on it;
    and, where there is a store, the old and the new figure by channel, for --period or for all data. The revision is
    read from git with its own omnictl.yml; the working tree is not touched. main... is where this branch left main.

    \b
    Examples:
      omnictl kpi diff main...
      omnictl kpi diff HEAD~1 --period last-month --format md --out diff.md
      omnictl kpi diff ../glossary-of-last-year --fail-on breaking
    """
    from omnictl.review.differences import differences
    from omnictl.review.report import data_of, markdown_of, text_of
    from omnictl.review.sides import other_side, side_at_hand

    workspace = workspace_around(session)
    lang = session.language(workspace)
    near = workspace.root if workspace is not None else session.directory
    with other_side(other, near, workspace) as old:
        new = side_at_hand(workspace)
        today = asked.question(workspace.timezone if workspace is not None else "UTC", lang).now
        found = differences(old.glossary, new.glossary, today.date() if today is not None else date.today())
        report = _report(session, asked, old, new, found, None if no_figures else workspace, timeout)
    output = Output("text", None if out is None or str(out) == "-" else out, session)
    if format == "json":
        output.text(json.dumps(data_of(report), ensure_ascii=False, indent=2))
    else:
        output.text((markdown_of if format == "md" else text_of)(report, lang))
    if format == "text":
        for note in report.notes:
            session.say(f"note: {note}")
    return 1 if _fails(found, fail_on) else 0


def _fails(found: list[Difference], fail_on: str) -> bool:
    if fail_on == "any":
        return bool(found)
    if fail_on == "breaking":
        return any(each.breaking for each in found)
    # what is removed or no longer understood means nothing any more
    return fail_on == "meaning" and any(each.kind in ("meaning", "faulty", "removed") for each in found)


def _report(
    session: Session,
    asked: Asked,
    old: Side,
    new: Side,
    found: list[Difference],
    store_of: Workspace | None,
    timeout: float,
) -> Report:
    """The differences with who depends on them and, with a store, what they do to the figures."""
    from omnictl.review.dependents import made_of, named_in
    from omnictl.review.report import Report

    told = [each for each in found if each.kind != "added"]
    addresses = {address for each in told for address in each.addresses}
    users: dict[str, set[str]] = {}
    for side in (old, new) if told else ():
        for address, names in made_of(side.glossary).items():
            users.setdefault(address, set()).update(names)
    uses = named_in(new.workspace, addresses, old.folder) if new.workspace is not None and addresses else {}
    effects, period, notes = _figures(session, asked, old, new, found, store_of, timeout)
    made = {address: sorted(users.get(address, ())) for address in addresses}
    return Report(old.name, new.name, found, made, uses, effects, period, notes)


def _figures(
    session: Session,
    asked: Asked,
    old: Side,
    new: Side,
    found: list[Difference],
    workspace: Workspace | None,
    timeout: float,
) -> tuple[dict[str, list[Effect]], str, tuple[str, ...]]:
    """Both figures of what means another thing, by address; the period in words; what must be said."""
    if not any(each.kind == "meaning" for each in found):
        return {}, "", ()
    if workspace is None or not session.store(workspace).published.exists():
        said = ("no store was asked: what the changes do to the figures is not told",) if workspace is not None else ()
        return {}, "", said
    from omnictl.compiler.ask import governed
    from omnictl.review.consequences import effects

    question = governed(asked.question(workspace.timezone, session.language(workspace), workspace.fiscal), workspace)
    before = old.workspace or workspace
    notes: tuple[str, ...] = ()
    if before.timezone != workspace.timezone:
        notes = (f"the old figures are of days in {before.timezone}, the new ones in {workspace.timezone}",)
    by_address: dict[str, list[Effect]] = {}
    with session.bounds(workspace, timeout):
        connection = session.store(workspace).reader(seconds=timeout)
        try:
            for each in effects(found, (old.glossary, before), (new.glossary, workspace), question, connection):
                by_address.setdefault(each.address, []).append(each)
        finally:
            connection.close()
    start, end = question.period.start, question.period.end
    ends = [f"{word} {time:%Y-%m-%d %H:%M}" for word, time in (("from", start), ("to", end)) if time is not None]
    return by_address, " ".join(ends).replace(" 00:00", "") or "all data", notes
