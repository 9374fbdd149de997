"""The linked store the commands of `omnictl identity` read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from omnictl.cli.base import Session
from omnictl.errors import OmnictlError

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace

SECONDS = 300.0  # one statement may take as long: these read the whole store


@contextmanager
def linked(session: Session, workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published store, once its interactions have been linked; says so when they were linked otherwise.

    Raises:
        OmnictlError: nothing has been linked yet.
        EngineError: nothing is published yet.
    """
    import duckdb

    from omnictl.engines.connection import told
    from omnictl.run import stale
    from omnictl.stages import made_of

    connection = session.store(workspace).reader(seconds=SECONDS)
    try:
        if made_of(connection, "link") is None:
            raise OmnictlError("nothing has been linked yet", hint="`omnictl run` does it")
        if "link" in (old := stale(workspace, connection)):
            session.say(f"note: link is stale: {old['link']}; `omnictl run` brings it up to date")
        yield connection
    except duckdb.Error as error:
        raise told(error, "the question could not be answered") from error
    finally:
        connection.close()
