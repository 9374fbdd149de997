"""`omnictl identity erase`: people erased for good."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.identity.values import given_values, values_options
from omnictl.cli.options import Duration
from omnictl.cli.output import Output, output_options
from omnictl.render import Col, Table

if TYPE_CHECKING:
    from omnictl.erasure.erase import Erased
    from omnictl.erasure.given import Given


@click.command(cls=Command)
@values_options
@click.option("--only-value", is_flag=True, help="Only what carries the value, not the rest of its person.")
@click.option("--shared", is_flag=True, help="The people of the value also when many share it or a person is suspect.")
@click.option("--dry-run", is_flag=True, help="Tell what would be erased, and keep everything.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@click.option("--forget-tombstone", is_flag=True, help="Erase nothing; let later records with the value be loaded.")
@click.option("--wait", type=Duration(), default="0 s", metavar="DURATION", help="Wait for another run that writes.")
@pass_session
@output_options
def erase(
    session: Session,
    output: Output,
    values: tuple[str, ...],
    listed: str | None,
    kind: str | None,
    only_value: bool,
    shared: bool,
    dry_run: bool,
    yes: bool,
    forget_tombstone: bool,
    wait: float,
) -> int:
    """Erase people for good, by an identifier of theirs.

    Every interaction that certainly belongs to the person of a value goes from every relation, from both files of the
    store and from the raw texts of rejects. What will go is told per relation before anything is done. Tombstones stay:
    keyed pseudonyms of the values and of the ids, and no later load, whatever the file, brings them back; their
    records count as filtered. Exports are not touched. Exit code 1 when the question is answered with no.

    A value that too many share, or one that leads to a person who is hardly one, is refused without --only-value or
    --shared.

    \b
    Examples:
      omnictl identity erase phone=0612345678 --dry-run
      omnictl identity erase --kind email --values - --yes < leaving.txt
      omnictl identity erase phone=0612345678 --forget-tombstone
    """
    from omnictl.erasure.erase import erase as erase_given

    if only_value and shared:
        raise click.UsageError("--only-value and --shared exclude each other")
    if forget_tombstone and dry_run:
        raise click.UsageError("--forget-tombstone erases nothing: it has no --dry-run")
    if not values and listed is None:
        raise click.UsageError("no value is given: KIND=VALUE, or --values FILE with one per line")
    asked = not (dry_run or yes or forget_tombstone)
    if asked and (listed == "-" or not sys.stdin.isatty()):
        raise click.UsageError("nobody can be asked here: say --yes, or --dry-run to see what would go")
    given = given_values(session, values, listed, kind)
    if forget_tombstone:
        return _forget(session, given, wait)
    workspace = session.workspace()
    found = erase_given(
        workspace, session.store(workspace), given, only_value=only_value, shared=shared, dry=dry_run,
        confirm=partial(_confirmed, session, yes), wait_s=wait, progress=session.progress(),
    )  # fmt: skip
    for note in found.notes:
        session.say(f"note: {note}")
    if not (found.done or dry_run):
        session.say("note: nothing was erased")
        return 1
    output.write(_table(found), lang=session.language(workspace))
    _tell(session, found)
    return 0


def _forget(session: Session, given: list[Given], wait: float) -> int:
    """Let later records with the values be loaded again, and say so."""
    from omnictl.erasure.erase import forget_tombstones

    workspace = session.workspace()
    count = forget_tombstones(workspace, session.store(workspace), given, wait_s=wait)
    gone = f"{_values(count)} no tombstone any more; what is loaded from now on counts"
    session.say(f"note: {gone}" if count else "note: no value given had a tombstone")
    return 0


def _confirmed(session: Session, yes: bool, told: Erased) -> bool:
    """Tell what goes, and ask whether it is to be done, unless that has been said already."""
    if yes:
        session.say(_sentence(told))
        return True
    click.echo(_sentence(told), err=True)
    return click.confirm("Erase this for good?", err=True)


def _table(found: Erased) -> Table:
    rows = [(relation, count) for relation, count in found.rows.items() if count]
    return Table([Col("relation"), Col("rows", "count")], rows, "Erased" if found.done else "Would be erased")


def _sentence(told: Erased) -> str:
    rows = ", ".join(f"{relation} {count:,}" for relation, count in told.rows.items() if count)
    people = "1 person" if told.people == 1 else f"{told.people:,} people"
    return f"to be erased: {people}; {rows or 'no row of any relation'}"


def _values(count: int) -> str:
    return "1 value has" if count == 1 else f"{count:,} values have"


def _tell(session: Session, found: Erased) -> None:
    if not any(found.rows.values()):
        later = "are" if found.done else "would be"
        session.say(f"note: nothing carries these values; later records that do {later} left out")
    if not found.done:
        session.say("note: nothing was erased: this was a dry run")
        return
    if found.raw:
        session.say(f"note: {found.raw:,} raw texts of rejects named them and went too")
    session.say(f"note: {_values(found.values)} a tombstone; the exports themselves are yours to clean")
