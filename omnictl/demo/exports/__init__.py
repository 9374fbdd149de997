"""One module per tool: each makes its table of truth (`prepare`) and writes its files (`write`).

Faults are added records, never damage to a true one: what the store must hold stays known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.demo.exports import (
    bots,
    callbacks,
    cdr,
    chat,
    desk,
    emails,
    faq,
    forms,
    menu,
    portfolio,
    queue_log,
    surveys,
    telephony,
    web,
)
from omnictl.demo.exports.files import MACROS

if TYPE_CHECKING:
    import duckdb

    from omnictl.demo.calendar import Year

# Each after what it draws on: records of calls after the calls, callbacks after requests, surveys after all.
EXPORTS = (queue_log, cdr, desk, menu, web, faq, forms, bots, chat, callbacks, emails, surveys, portfolio)


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make the tables of truth of every tool on a connection that holds a world."""
    con.execute(MACROS)
    telephony.prepare(con, year)
    for export in EXPORTS:
        export.prepare(con, year)
