"""An export of contacts and visits of one year, made by set-based SQL: the same rows for the same number.

    python benchmarks/exports.py FOLDER ROWS csv|parquet|json|xlsx

Two rows in a hundred are a newer version of the row before them. Local times of Paris, day first in CSV and JSON; the
hour that happens twice in October is left out, since a time without offset cannot say which of the two it means. The
JSON is one object that holds the rows under a key, as web services answer.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

YEAR_S = 365 * 86400

ROWS = """
create temp table drawn as
select
  i, i - (i % 50 = 49)::bigint as contact,
  -- one bigint per draw: hash(a, b) of two arguments gives draws that go together
  {draws}
from range({rows}) as numbers(i)
"""
CONTACTS = f"""
create temp table contacts as
with begun as (
  select *,
    case when u_channel < 0.40 then 'TEL' when u_channel < 0.65 then 'WEB' when u_channel < 0.75 then 'FAQ'
      when u_channel < 0.83 then 'CHAT' when u_channel < 0.91 then 'MAIL' when u_channel < 0.97 then 'FORM'
      else 'BOT' end as canal,
    timestamp '2026-01-01 00:00:00' + to_seconds((u_time * {YEAR_S} * 0.99)::bigint) as utc,
    (u_person * u_person * {{people}})::bigint as person
  from drawn
), moved as (
  select * replace (
    -- nothing happens in the hour that comes twice
    utc + case when utc between '2026-10-24 00:00:00' and '2026-10-25 02:00:00' then interval 36 hour
      else interval 0 hour end as utc
  )
  from begun
), timed as (
  select *,
    canal in ('TEL', 'CHAT') as queued,
    case when u_outcome < 0.88 then 'OK' when u_outcome < 0.97 then 'RAC' else 'DEB' end as code,
    (u_wait * u_wait * 240)::integer as wait,
    (30 + u_talk * 600)::integer as talk
  from moved
)
select
  'T' || lpad(contact::varchar, 9, '0') as ticket,
  {{maj}} as maj,
  canal,
  case when queued then ['habitation', 'auto', 'sante', 'prevoyance'][1 + i % 4] end as file,
  {{debut}} as debut,
  case when queued then {{entree_file}} end as entree_file,
  case when code = 'OK' and (queued or canal = 'MAIL') then {{decroche}} end as decroche,
  {{fin}} as fin,
  case when queued or canal = 'MAIL' then code end as issue,
  case when queued then wait end as attente,
  case when code = 'OK' and (queued or canal = 'MAIL') then talk end as conversation,
  case when code = 'OK' and queued and i % 3 = 0 then talk // 10 end as garde,
  case when code = 'OK' and queued then 20 + i % 40 end as postappel,
  case when code = 'OK' and queued then (u_talk > 0.92)::integer end as transferts,
  case when u_known < 0.6 then 'C' || lpad(person::varchar, 8, '0') end as client,
  case when canal not in ('WEB', 'FAQ', 'BOT') and u_known < 0.97 then
    case i % 5
      when 0 then '0' || number else
      case i % 5 when 1 then '+33' || number when 2 then '0033' || number
        when 3 then concat_ws(' ', '0' || number[1], number[2:3], number[4:5], number[6:7], number[8:9])
        else concat_ws('.', '0' || number[1], number[2:3], number[4:5], number[6:7], number[8:9]) end
    end
    when canal = 'TEL' then 'anonymous' end as telephone,
  case when canal in ('MAIL', 'FORM') or u_known < 0.2 then
    case when i % 2 = 0 then 'Client.' || person || '@Exemple.fr' else 'client.' || person || '@exemple.fr ' end
    end as courriel
from (
  select *, (case when person % 10 < 7 then '6' else '1' end)
    || lpad((hash(person) % 100000000)::varchar, 8, '0') as number
  from timed
)
"""
TIMES = {  # in UTC
    "maj": "utc + to_seconds(86400 + (i - contact) * 3600)",
    "debut": "utc",
    "entree_file": "utc + to_seconds(5)",
    "decroche": "utc + to_seconds(case when canal = 'MAIL' then wait * 300 else 5 + wait end)",
    "fin": "utc + to_seconds(case when canal = 'MAIL' then wait * 300 + 600 else 5 + wait + talk end)",
}
PARIS = """{at} + case when {at} >= timestamp '2026-03-29 01:00:00' and {at} < timestamp '2026-10-25 01:00:00'
  then interval 2 hour else interval 1 hour end"""
DRAWS = ("channel", "time", "person", "outcome", "wait", "talk", "known")


def contacts(folder: Path, rows: int, format_: str) -> Path:
    """Write `contacts.<format>` of so many rows; returns its path."""
    import duckdb

    con = duckdb.connect()
    con.execute(f"set temp_directory = '{folder}'; set preserve_insertion_order = true")
    draws = ", ".join(
        # a newer version draws what its first one drew, but for outcome and talk
        f"(hash({'i' if name in ('outcome', 'talk') else 'contact'} + {salt} * 20000000000::bigint) >> 11)"
        f" / 9007199254740992.0 as u_{name}"
        for salt, name in enumerate(DRAWS, start=1)
    )
    text = ROWS.format(draws=draws.replace("contact +", "(i - (i % 50 = 49)::bigint) +"), rows=rows)
    con.execute(text)
    local = {name: PARIS.format(at=f"({at})") for name, at in TIMES.items()}
    con.execute(CONTACTS.format(people=max(1, rows // 4), **local))
    path = folder / f"contacts.{format_}"
    if format_ == "xlsx":
        _write_workbook(con, path)
    elif format_ == "parquet":
        con.execute(f"copy contacts to '{path}' (format parquet, compression zstd)")
    else:
        written = ", ".join(f"strftime({name}, '%d/%m/%Y %H:%M:%S') as {name}" for name in TIMES)
        rows_ = f"select * replace ({written}) from contacts"
        if format_ == "csv":
            con.execute(f"copy ({rows_}) to '{path}' (header, delimiter ';')")
        else:
            con.execute(f"copy ({rows_}) to '{path}' (format json, array true)")
            _under_a_key(path)
    return path


def _under_a_key(path: Path) -> None:
    inner = path.with_suffix(".array")
    path.rename(inner)
    with inner.open("rb") as array, path.open("wb") as out:
        out.write(b'{"next_page": null, "contacts": ')
        shutil.copyfileobj(array, out)
        out.write(b', "count": 0}')
    inner.unlink()


def _write_workbook(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    import xlsxwriter

    found = con.execute("select * from contacts")
    with xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "dd/mm/yyyy hh:mm:ss"}) as book:
        sheet = book.add_worksheet("Export")
        sheet.write_row(0, 0, [name for name, *_ in found.description or ()])
        for number, row in enumerate(found.fetchall(), start=1):
            sheet.write_row(number, 0, row)


if __name__ == "__main__":
    print(contacts(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
