"""The voice menu's own report: quarterly CSV, one row per call that ended there, with the branch chosen and whether the
caller was served. It completes what the switch knows of these calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import quarters, stamp, write_lines

if TYPE_CHECKING:
    import duckdb

FOLDER = "menu"
HEADER = "appel;debut;branche;issue"

TABLE = """
create table menu_calls as
select calls.id, ref, started_at, topic as branch, outcome, past_menu_at as ended_at
from calls join (select topic, wrap_up from motives) as motives using (wrap_up)
where outcome in ('menu', 'left_menu')
"""

LINES = """
select concat_ws(';', ref, day_first(started_at), branch,
    case outcome when 'menu' then 'servi' else 'raccroché' end) as line
from menu_calls where {between} order by ended_at, ref
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `menu_calls`, one row per call that ended in the menu."""
    con.execute(TABLE)


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file a quarter."""
    for span in quarters(year):
        path = folder / f"svi_{span.name}.csv"
        write_lines(con, LINES.format(between=span.between("ended_at")), path, header=HEADER)
        yield stamp(path, span)
