"""Surveys: quarterly Excel workbooks with a title above the header, one row per answer with three questions side by
side, blank rows at the end, and a few scores written as words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import Span, quarters, stamp

if TYPE_CHECKING:
    import duckdb

FOLDER = "surveys"
HEADER = ("Réf. enquête", "Outil", "Réf. contact", "Envoyée le", "Répondue le", "NPS", "CSAT", "CES", "Commentaire")
BLANK_ROWS = 300  # rows people formatted and left empty

# Waiting, the storm and complaints weigh on everything said; what is said leans on one mood per person and contact.
TABLE = """
create table answers as
with owners as (
    select id, 'Téléphonie' as tool, ref, ended_at, 0.072 as share, 0.0 as bonus from desk_calls
    union all select id, 'Chat', conversation, ended_at, 0.12, 0.1 from chats where outcome = 'handled'
    union all select id, 'Messagerie', number, resolved_at, 0.06, -0.15 from tickets where resolved_at is not null
    union all select id, 'FAQ', session, ended_at, 0.035, -0.25 from faq_sessions
),
asked as (
    select owners.*, interactions.intent, owners.bonus
        - case when coalesce(wait_s, 0) > 120 then 0.7 when coalesce(wait_s, 0) > 40 then 0.25 else 0 end
        - 0.45 * storm - case when intent = 'complaint' then 0.7 else 0 end + 0.65 * z(owners.id, 'mood') as mood,
        ended_at + interval 10 minute as invited_at,
        ended_at + to_seconds(900 + about(owners.id, 'answers', 7200, 1.1)) as answered_at
    from owners join interactions using (id)
    where u(owners.id, 'answers survey') < share
),
kept as (
    select *, row_number() over (order by answered_at, id) as n from asked where answered_at < $end
)
select n, id, tool, ref, invited_at, answered_at,
    'ENQ-' || lpad(n::varchar, 7, '0') as survey,
    case when u(id, 'asked nps') < 0.62
        then greatest(0, least(10, round(8.05 + 1.35 * mood + 1.5 * z(id, 'nps'))))::integer end as nps,
    nps is not null and n % 250 < 2 as spelt,
    greatest(1, least(5, round(4.35 + 0.75 * mood + 0.65 * z(id, 'csat'))))::integer as csat,
    case when u(id, 'asked ces') < 0.5
        then greatest(1, least(7, round(5.35 + mood + z(id, 'ces'))))::integer end as ces,
    case when u(id, 'writes') >= 0.12 then null when mood > 0 then 'Très clair, merci.' else 'Trop long.' end as comment
from kept
"""

SELECT = """
select survey, tool, ref, local_of(invited_at), local_of(answered_at),
    case when spelt then 'dix' else nps::varchar end, csat, ces, comment
from answers where {between} order by answered_at, n
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `answers`, one row per person who answered; what they are asked about must exist."""
    end = con.execute("select utc_of($last::timestamp + interval 1 day)", {"last": year.last}).fetchall()[0][0]
    con.execute(TABLE, {"end": end})


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one workbook a quarter."""
    for span in quarters(year):
        path = folder / f"enquetes_{span.name}.xlsx"
        rows = con.execute(SELECT.format(between=span.between("answered_at"))).fetchall()
        _workbook(path, rows, span)
        yield stamp(path, span)


def _workbook(path: Path, rows: list[tuple[Any, ...]], span: Span) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": datetime.combine(span.until, datetime.min.time())})  # else: now, and other bytes
    when = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    plain = book.add_format({"border": 1})
    sheet = book.add_worksheet("Réponses")
    sheet.write_string(0, 0, f"Enquête à chaud - du {span.since:%d/%m/%Y} au {span.until:%d/%m/%Y} exclu")
    sheet.write_row(2, 0, HEADER)
    for number, row in enumerate(rows, 3):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(number, column, value, when)
            elif isinstance(value, str) and value.isdigit():
                sheet.write_number(number, column, int(value))
            elif isinstance(value, str):
                sheet.write_string(number, column, value)
            elif value is not None:
                sheet.write_number(number, column, value)
    for number in range(len(rows) + 3, len(rows) + 3 + BLANK_ROWS):
        sheet.write_blank(number, 0, None, plain)
    book.close()
