"""One module per tool: each makes its table of truth (`prepare`) and writes its files (`write`).

Faults are added records, never damage to a true one: what the store must hold stays known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.demo.exports import calls, chat, emails, faq, forms, portfolio, surveys, web
from omnictl.demo.exports.files import MACROS

if TYPE_CHECKING:
    import duckdb

    from omnictl.demo.calendar import Year

EXPORTS = (calls, web, faq, forms, chat, emails, surveys, portfolio)  # surveys after what they ask about


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make the tables of truth of every tool on a connection that holds a world."""
    con.execute(MACROS)
    for export in EXPORTS:
        export.prepare(con, year)
