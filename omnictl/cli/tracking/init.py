"""`omnictl tracking init`: a first tracking.yml."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.output import Output, replacing
from omnictl.errors import OmnictlError

if TYPE_CHECKING:
    from omnictl.engines.store import Store
    from omnictl.workspace import Workspace

OWN = "."


@click.command("init", cls=Command)
@click.option(
    "--from", "origin", is_flag=False, flag_value=OWN, metavar="[STORE]",
    help="Look at the data: the workspace's store, or the store in this folder. Default: at what the sources promise.",
)  # fmt: skip
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Default: tracking.yml; - is stdout."
)
@pass_session
def init(session: Session, origin: str | None, out: Path | None) -> int:
    """Draft a plan from what is there.

    Asks every KPI of the glossary that the data can answer, family by family, as the needs to begin with; tells which
    personal data none of them needs; and tolerates what columns lack today, so that `tracking check` speaks of what
    changes. Who asks, and what is decided, is left to be written. A file that is there is never overwritten.

    \b
    Examples:
      omnictl tracking init --from
      omnictl tracking init --from ../centre/.omnictl --out -
    """
    from omnictl.tracking.draft import draft
    from omnictl.tracking.grammar import FILE_NAME

    workspace = session.workspace()
    if (workspace.root / FILE_NAME).exists():
        hint = "remove it, or work in a copy of the workspace: a draft does not know what it says"
        raise OmnictlError(f"{FILE_NAME} is there already; nothing was changed", hint=hint)
    target = out if out is not None else workspace.root / FILE_NAME
    printed = str(target) == "-"
    if not printed and target.exists():
        raise OmnictlError(f"{target} is there already; nothing was changed", hint="--out names another file")
    now = datetime.now(UTC).replace(tzinfo=None)
    if origin is None:
        made = draft(workspace, None, now)
    else:
        import duckdb

        from omnictl.engines.connection import told

        connection = _store(session, workspace, origin).reader()
        try:
            made = draft(workspace, connection, now)
        except duckdb.Error as error:
            raise told(error, "the store could not be looked at") from error
        finally:
            connection.close()
    if printed:
        Output("table", None, session).text(made.text)
        return 0
    with replacing(target) as file:
        file.write(made.text)
    session.say(f"{target}: a draft of {made.kpis} KPIs that can be answered")
    session.say("next: say who asks and what is decided, then `omnictl tracking plan`")
    return 0


def _store(session: Session, workspace: Workspace, origin: str) -> Store:
    from omnictl.engines.store import Store

    if origin == OWN:
        return session.store(workspace)
    path = Path(origin)
    return Store(path.parent if path.is_file() else path, memory=workspace.memory, threads=workspace.threads)
