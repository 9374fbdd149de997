"""The portfolio: one small CSV of the policy system, how many customers there are of each segment at each month's
beginning. Contacts per customer are counted on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year, following
from omnictl.demo.exports.files import Span, stamp, write_lines
from omnictl.demo.people import PROSPECTS_FROM

if TYPE_CHECKING:
    import duckdb

FOLDER = "portfolio"
HEADER = "mois;segment;clients"

# Whoever may contact the insurer is a customer from the first month; more come each month.
TABLE = f"""
create table portfolio as
with customers as (select max(person) + 1 as n from interactions where person < {PROSPECTS_FROM}),
months as (select unnest($months::date[]) as month, unnest(range(0, len($months))) as number),
segments(segment, share) as (values ('particuliers', 92), ('professionnels', 8))
select month, segment, n * share // 100 * (1000 + 3 * number) // 1000 as clients
from customers cross join months cross join segments
"""
LINES = (
    "select concat_ws(';', strftime(month, '%Y-%m'), segment, clients) as line from portfolio order by month, segment"
)


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `portfolio`, one row per month and segment."""
    con.execute(TABLE, {"months": list(year.months)})


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file."""
    path = folder / "portefeuille.csv"
    write_lines(con, LINES, path, header=HEADER)
    months = list(year.months)
    yield stamp(path, Span("portfolio", months[0], min(following(months[-1], 1), year.last)))
