"""Hand-written: one export of contacts into a DuckDB file, the way a careful engineer would for this file alone.

    python ingest.py EXPORT STORE [types-found]

The work is that of `omnictl ingest`: mapping, local time to UTC, newest version, phone numbers to E.164 and e-mails in
small letters, a keyed pseudonym (HMAC-SHA256, first 8 bytes) of each distinct identifier, and a ledger row with the
file's digest. It prints figures that omnictl's store must give too.
"""

import csv
import hashlib
import shutil
import sys
from datetime import date
from pathlib import Path

import duckdb

KEY = b"a key for measuring"

LAND_CSV = """
create temp table landed as
select *, row_number() over () as ordinal from read_csv('{export}', delim = ';', all_varchar = true)
"""
LAND_PARQUET = """
create temp view landed as
select *, file_row_number as ordinal from read_parquet('{export}', file_row_number = true)
"""
# What a web service answers: an object whose rows are cut out. Types are known, or found as all records have them.
LAND_JSON = """
create temp table landed as
select *, row_number() over () as ordinal from read_json('{export}', format = 'array', {types})
"""
FOUND = "auto_detect = true, sample_size = -1"
GIVEN = """columns = {
  ticket: 'varchar', maj: 'varchar', canal: 'varchar', file: 'varchar', debut: 'varchar', entree_file: 'varchar',
  decroche: 'varchar', fin: 'varchar', issue: 'varchar', attente: 'bigint', conversation: 'bigint', garde: 'bigint',
  postappel: 'bigint', transferts: 'bigint', client: 'varchar', telephone: 'varchar', courriel: 'varchar'
}"""
LAND_SHEET = LAND_CSV.replace("';'", "','")
# Few tickets come twice: a narrow pass finds their stale rows, so that the wide rows need no window.
STALE = """
create temp table stale as
select ordinal from landed where ticket in (select ticket from landed group by ticket having count(*) > 1)
qualify row_number() over (partition by ticket order by {version} desc, ordinal desc) > 1
"""
# The offset of Paris changes twice in the export's year: two comparisons do what a time zone library does per row.
UTC = """{local} - case when {local} >= timestamp '2026-03-29 03:00:00' and {local} < timestamp '2026-10-25 03:00:00'
  then interval 2 hour else interval 1 hour end as {ours}"""
LOAD = """
create table interactions as
with theirs as (
  select ticket as interaction_id,
    case canal when 'TEL' then 'phone' when 'WEB' then 'web' when 'FAQ' then 'faq' when 'CHAT' then 'chat'
      when 'MAIL' then 'email' when 'FORM' then 'form' else 'chatbot' end as channel,
    case when canal in ('WEB', 'FAQ') then 'visit' else 'contact' end as kind,
    'inbound' as direction, '' as excluded, file as queue,
    {times},
    case issue when 'OK' then 'handled' when 'RAC' then 'abandoned' when 'DEB' then 'flow_out' end as outcome,
    try_cast(attente as decimal(18, 3)) as wait_s, try_cast(conversation as decimal(18, 3)) as talk_s,
    try_cast(garde as decimal(18, 3)) as hold_s, try_cast(postappel as decimal(18, 3)) as acw_s,
    try_cast(transferts as integer) as transfers, {version} as version_at
  from landed where ordinal not in (from stale)
)
select * replace ({utc}) from theirs
"""
TIMES = {"started_at": "debut", "queued_at": "entree_file", "answered_at": "decroche", "ended_at": "fin"}
E164 = """
case when digits is null or length(digits) < 6 then null
  when digits[1:4] = '+330' then '+33' || digits[5:]
  when digits[1] = '+' then digits
  when digits[1:2] = '00' then '+' || digits[3:]
  when digits[1] = '0' then '+33' || digits[2:] end
"""
IDENTIFIERS = f"""
create table identifiers as
with fresh as (
  select ticket, client, telephone, courriel from landed where ordinal not in (from stale)
), spelled as (
  select ticket as interaction_id, 'customer_id' as kind, client as value from fresh where client is not null
  union all
  select ticket, 'phone', telephone from fresh where telephone is not null
  union all
  select ticket, 'email', courriel from fresh where courriel is not null
), normalised as (
  select kind, spelling,
    case kind when 'phone' then {E164} when 'email' then lower(trim(spelling)) else spelling end as value
  from (
    select *, case when kind = 'phone' then regexp_replace(spelling, '[^0-9+]', '', 'g') end as digits
    from (select distinct kind, value as spelling from spelled)
  )
), keyed as (
  select kind, value, cast(('0x' || sha256($outer || unhex(sha256($inner || encode(kind || ':' || value))))[1:16])
    as ubigint) as pseudonym
  from (select distinct kind, value from normalised where value is not null)
)
select interaction_id as owner_id, spelled.kind, pseudonym as value
from spelled
join normalised on normalised.kind = spelled.kind and normalised.spelling = spelled.value
join keyed on keyed.kind = normalised.kind and keyed.value = normalised.value
"""
LEDGER = """
create table files as
select $path as path, $sha256 as sha256, (select count(*) from landed) as records,
  (select count(*) from interactions) as used, (select count(*) from stale) as superseded
"""
FIGURES = """
select (select count(*) from interactions), (select count(*) from identifiers),
  (select count(distinct value) from identifiers), (select sum(wait_s) from interactions),
  (select sum(epoch(started_at)::bigint) from interactions), (select sum(epoch(ended_at)::bigint) from interactions),
  (select count(answered_at) from interactions), (select count_if(outcome = 'handled') from interactions)
"""


def array_of(export: Path, store: Path) -> Path:
    """The array of a JSON export: from the first bracket to the last."""
    inner = store.with_suffix(".json")
    with export.open("rb") as stream, inner.open("wb") as out:
        head = stream.read(1000)
        out.write(head[head.index(b"[") :])
        shutil.copyfileobj(stream, out)
    with inner.open("r+b") as copy:
        copy.seek(-1000, 2)
        copy.truncate(copy.tell() + copy.read().rindex(b"]") + 1)
    return inner


def sheet_of(export: Path, store: Path) -> Path:
    """The first sheet of a workbook, as CSV."""
    from python_calamine import CalamineWorkbook

    inner = store.with_suffix(".csv")
    with CalamineWorkbook.from_path(str(export)) as book, inner.open("w", newline="") as out:
        write = csv.writer(out).writerow
        for row in book.get_sheet_by_index(0).iter_rows():
            write([shown(cell) for cell in row])
    return inner


def shown(cell: object) -> object:
    if type(cell) is float:
        return int(cell)
    return f"{cell} 00:00:00" if type(cell) is date else cell  # a moment at midnight


def pads() -> dict[str, bytes]:
    block = KEY.ljust(64, b"\0")
    return {"inner": bytes(byte ^ 0x36 for byte in block), "outer": bytes(byte ^ 0x5C for byte in block)}


def main(export: Path, store: Path, *, found: bool) -> None:
    store.unlink(missing_ok=True)
    con = duckdb.connect(store)
    con.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
    parsed = "try_strptime({}, '%d/%m/%Y %H:%M:%S')"
    if export.suffix == ".parquet":
        con.execute(LAND_PARQUET.format(export=export))
        parsed = "{}"
    elif export.suffix == ".json":
        con.execute(LAND_JSON.format(export=array_of(export, store), types=FOUND if found else GIVEN))
    elif export.suffix == ".xlsx":
        con.execute(LAND_SHEET.format(export=sheet_of(export, store)))
        parsed = "try_strptime({}, '%Y-%m-%d %H:%M:%S')"
    else:
        con.execute(LAND_CSV.format(export=export))
    version = parsed.format("maj")
    con.execute(STALE.format(version=version))
    times = ", ".join(f"{parsed.format(theirs)} as {ours}" for ours, theirs in TIMES.items())
    utc = ", ".join(UTC.format(local=ours, ours=ours) for ours in TIMES)
    con.execute("begin")
    con.execute(LOAD.format(times=times, utc=utc, version=version))
    con.execute(IDENTIFIERS, pads())
    digest = hashlib.sha256()
    with export.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    con.execute(LEDGER, {"path": export.name, "sha256": digest.hexdigest()})
    con.execute("commit")
    con.execute("checkpoint")
    print(*con.execute(FIGURES).fetchall()[0], sep="\t")


main(Path(sys.argv[1]), Path(sys.argv[2]), found=sys.argv[3:] == ["types-found"])
