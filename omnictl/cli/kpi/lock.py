"""`omnictl kpi lock`: what KPIs mean, accepted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import kpis as kpi_names
from omnictl.cli.output import replacing

if TYPE_CHECKING:
    from omnictl.review.lock import Lock
    from omnictl.review.whole import Whole


@click.command("lock", cls=Command)
@click.argument("kpis", metavar="[KPI]…", nargs=-1, shell_complete=kpi_names)
@click.option("--check", is_flag=True, help="Write nothing; tell what differs, and exit with 1 when something does.")
@pass_session
def lock_kpis(session: Session, kpis: tuple[str, ...], check: bool) -> int:
    """Accept what KPIs mean.

    Writes omnictl.lock beside omnictl.yml: the meaning of every KPI and variant, shipped ones too, as it is now. When
    a meaning changes later, by an upgrade or by anybody's edit, figures go on and `kpi check` tells what changed until
    it is accepted here. With KPIs named, only theirs is accepted. Labels, comments and spacing are no meaning.

    \b
    Examples:
      omnictl kpi lock
      omnictl kpi lock service_level
      omnictl kpi lock --check
    """
    from omnictl.glossary.house import house_glossary
    from omnictl.review.lock import FILE_NAME
    from omnictl.review.whole import read_whole

    workspace = session.workspace()
    whole = read_whole(house_glossary(workspace))
    shown = Path(workspace.file).with_name(FILE_NAME).as_posix()
    file = workspace.root / FILE_NAME
    if check:
        return _check(whole, file, shown, kpis)
    return _accept(session, whole, file, shown, kpis)


def _check(whole: Whole, file: Path, shown: str, kpis: Sequence[str]) -> int:
    """Tell what differs from the lock; 1 when something does."""
    from omnictl.errors import DefinitionError, Finding
    from omnictl.review.check import ordered
    from omnictl.review.lock import check_lock, read_lock

    if not file.exists():
        raise DefinitionError(Finding("lock-missing", f"there is no {shown}", hint="omnictl kpi lock"))
    lock = read_lock(file, shown)
    findings = ordered(list(check_lock(whole, lock, shown, _named(whole, lock, kpis))))
    if findings:
        click.echo("\n".join(finding.text() for finding in findings))
    return 1 if findings else 0


def _accept(session: Session, whole: Whole, file: Path, shown: str, kpis: Sequence[str]) -> int:
    """Write the lock; 1 when some KPIs have faults and were left as they were."""
    from omnictl.errors import DefinitionError
    from omnictl.review.lock import Locked, accepted, lock_of, lock_text, read_lock

    lock: dict[str, Locked] = {}
    try:
        lock = read_lock(file, shown) if file.exists() else {}
    except DefinitionError:
        if kpis:  # the others' meanings would be lost; to accept all is the way to mend it
            raise
    known, now = set(whole.glossary.names), lock_of(whole)
    after = accepted(lock, now, _named(whole, lock, kpis), known)
    with replacing(file) as writing:
        writing.write(lock_text(after))
    moved = sum(lock.get(address) != after.get(address) for address in lock.keys() | after.keys())
    session.say(f"{shown}: {len({each.kpi for each in after.values()})} KPIs, {moved} meanings accepted")
    faulty = sorted(known - {each.kpi for each in now.values()})
    if faulty:
        session.say(f"left as they were, for they have faults: {', '.join(faulty)}; `omnictl kpi check` tells them")
    return 1 if faulty else 0


def _named(whole: Whole, lock: Lock, kpis: Sequence[str]) -> list[str]:
    """The ids of the KPIs that were named, of the glossary or of the lock."""
    from omnictl.errors import DefinitionError, Finding, did_you_mean

    known = {*whole.glossary.names, *(each.kpi for each in lock.values())}
    named = [address.partition("@")[0] for address in kpis]
    for name in named:
        if name not in known:
            raise DefinitionError(Finding("unknown-kpi", f"there is no KPI `{name}`", hint=did_you_mean(name, known)))
    return named
