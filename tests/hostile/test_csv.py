"""Hostile exports: they are refused or loaded as the texts they are, quickly, and steer neither a terminal, a
spreadsheet nor the database."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile.harm import alone
from workbench import ACCOUNTED, Workbench

WORKSPACE = """
timezone: UTC
country: FR
sources:
  calls:
    connector: table
    path: calls*
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, queue: queue}
    identifiers: {phone: phone}
"""
HEADER = b"id,begun,queue,phone\n"


def line(number: int, queue: bytes) -> bytes:
    return b"%d,2026-05-01 10:00,%s,0612345678\n" % (number, queue)


LARGE: dict[str, Callable[[], bytes]] = {
    "cell of 10 MB": lambda: HEADER + line(1, b"x" * 10_000_000) + line(2, b"a"),
    "quoted cell of 300,000 lines": lambda: HEADER + line(1, b'"' + b"x\n" * 300_000 + b'"') + line(2, b"a"),
    "header of 10 MB": lambda: b"id,begun,queue," + b"x" * 10_000_000 + b"\n" + line(1, b"a"),
    "a line of 50 MB without end": lambda: b"a" * 50_000_000,
    "a million columns": lambda: b"id,begun,queue,phone" + b",c" * 1_000_000 + b"\n" + line(1, b"a"),
    "a million commas": lambda: HEADER + line(1, b"a") + b"," * 1_000_000 + b"\n" + line(2, b"b"),
    "only NUL bytes": lambda: b"\x00" * 5_000_000,
    "a quote never closed": lambda: HEADER + line(1, b'"a') + b"".join(line(n, b"q") for n in range(2, 50_000)),
    "quotes everywhere": lambda: HEADER + b'"' * 1_000_001 + b"\n" + line(1, b"a"),
    "empty lines": lambda: HEADER + b"\n" * 500_000 + line(1, b"a"),
    "line ends of all kinds": lambda: HEADER + line(1, b"a") + b"\r" * 1_000_000 + b"\r\n" * 1_000 + line(2, b"b"),
}  # fmt: skip
SMALL: dict[str, Callable[[], bytes]] = {
    "formulas": lambda: HEADER + line(1, b"=cmd|' /C calc'!A0") + line(2, b"@SUM(1)") + line(3, b"+1") + line(4, b"-1"),
    "escapes": lambda: HEADER + line(1, b"\x1b]0;owned\x07\x1b[2J\x1b[31m") + line(2, b"\x9b2J") + line(3, b"a\rb"),
    "escapes in the header": lambda: b"\x1b[2J\x1b]0;x\x07" + HEADER + line(1, b"a"),
    "escapes in a reject": lambda: HEADER + b"1,\x1b[2J\x1b]0;x\x07,a,b\n",
    "SQL in the header": lambda: b'id,begun,queue,phone,"""; drop table files; --"\n' + line(1, b"a").strip() + b",x\n",
    "SQL in the cells": lambda: HEADER + line(1, b"'); drop table interactions; --") + line(2, b"$secret $1 ?"),
    "header of SQL": lambda: b'id,begun,"(from read_text(\'/etc/passwd\')) as queue",phone\n' + line(1, b"a"),
    "3,000 columns": lambda: b"id,begun,queue,phone," + b",".join(b"c%d" % n for n in range(3_000)) + b"\n1,2,3,4\n",
    "NUL bytes": lambda: HEADER + line(1, b"a\x00b") + b"\x00" * 100_000 + b"\n" + line(2, b"b"),
    "names twice": lambda: b"id,id,begun,begun,queue,queue,phone\n1,1,2026-05-01 10:00,x,a,b,06\n",
    "names of nothing": lambda: b",,,\n" + line(1, b"a"),
    "one long name of many": lambda: b"id,begun,queue,phone," + b"x" * 60_000 + b"\n" + line(1, b"a").strip() + b",x\n",
    "names of the store": lambda: b"id,begun,queue,phone,_file,rowid,_record,_fate\n1,2026-05-01 10:00,a,06,9,9,9,9\n",
    "UTF-16 without a mark": lambda: (HEADER + line(1, b"a")).decode().encode("utf-16-le"),
    "half a UTF-16": lambda: (HEADER + line(1, b"a")).decode().encode("utf-16")[:-1],
    "surrogates": lambda: HEADER + line(1, b"\xed\xa0\x80\xed\xbf\xbf"),
    "overlong": lambda: HEADER + line(1, b"\xc0\xaf\xe0\x80\xaf"),
    "marks and joiners": lambda: HEADER + line(1, "\u202e\u200b\ufeff\u2066".encode()) + line(2, b"\xef\xbb\xbf"),
    "numbers without end": lambda: b"id,begun,queue,phone\n" + b"9" * 100_000 + b",2026-05-01 10:00,a,06\n",
    "times beyond": lambda: HEADER + b"1,9999999-01-01,a,b\n2,-290000-01-01,a,b\n3,294247-01-11,a,b\n4,infinity,a,b\n",
    "phones beyond": lambda: HEADER + line(1, b"a")[:-12] + b"," + b"+" * 100_000 + b"0" * 100_000 + b"\n",
    "a gzip of nothing": lambda: b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "a zip": lambda: b"PK\x03\x04" + b"\x00" * 1_000,
    "a program": lambda: b"\x7fELF" + bytes(range(256)) * 100,
    "a page": lambda: b"<html><script>alert(1)</script></html>\n" * 10,
    "nothing": lambda: b"",
    "a mark": lambda: b"\xef\xbb\xbf",
    "one quote": lambda: b'"',
}  # fmt: skip


@pytest.fixture
def bench(workbench: Workbench) -> Workbench:
    workbench.workspace(WORKSPACE)
    return workbench


@pytest.mark.parametrize("name", LARGE)
def test_hostile_csv(bench: Workbench, name: str) -> None:
    bench.write("calls.csv", LARGE[name]())
    code, said = alone(bench.folder, "run", "--quiet", seconds=20)
    assert code in (0, 1, 2), said[:1000]
    assert code == 0 or "error" in said
    no_harm(bench, said)
    if (bench.folder / ".omnictl/store.duckdb").exists():
        bench.accounting("calls")


def test_small_hostile_csvs(bench: Workbench) -> None:
    """Each as a source of its own, beside which the others are loaded: what it does, it would do to them."""
    bench.workspace(sources("csv", len(SMALL)))
    for number, content in enumerate(SMALL.values()):
        bench.write(f"{number}.csv", content())
    code, said = alone(bench.folder, "run", "--quiet", seconds=40)
    assert code in (0, 1, 2), said[:1000]
    no_harm(bench, said)
    accounts = {row["source"]: row for row in bench.rows("show", "runs", "--limit", "100") if row["stage"] == "ingest"}
    assert len(accounts) == len(SMALL)
    for source, account in accounts.items():
        assert account["records"] == sum(account[name] for name in ACCOUNTED[1:]), account
        assert account["used"] or f"error: {source}: " in said, account


def sources(kind: str, count: int) -> str:
    """A workspace of s0, s1, …, each of one file."""
    head, source = WORKSPACE.split("  calls:\n")
    named = (f"  s{number}:\n{source.replace('calls*', f'{number}.{kind}')}" for number in range(count))
    return head + "".join(named)


def no_harm(bench: Workbench, said: str) -> None:
    """What a run said is short and plain, as is what is shown afterwards, and it left nothing lying about."""
    assert len(said) < 20_000
    assert "\x1b" not in said
    names = {path.name for path in bench.folder.iterdir() if path.suffix != ".csv"}
    assert names <= {"omnictl.yml", ".omnictl"}
    assert not (bench.folder / ".omnictl/tmp").exists()
    if (bench.folder / ".omnictl/store.duckdb").exists():
        for command in SHOWN:
            each = bench.call(*command)
            assert "\x1b" not in each.stdout + each.stderr
            assert "root:" not in each.stdout


SHOWN = (
    ("show", "interactions", "--columns", "interaction_id,started_at,queue"),
    ("show", "rejects"),
    ("status",),
    ("sql", "select left(queue, 50) as queue, count(*) as n from interactions group by all"),
    ("show", "files", "--format", "csv"),
)


def test_a_spreadsheet_gets_no_formula(bench: Workbench) -> None:
    bench.write("calls.csv", SMALL["formulas"]())
    bench.call("run")
    told = bench.call("show", "interactions", "--columns", "queue", "--format", "csv").stdout
    cells = [cell.strip('"') for cell in told.splitlines()[1:]]
    assert len(cells) == 4
    assert bench.sql("select queue from interactions where interaction_id = '1'") == [{"queue": "=cmd|' /C calc'!A0"}]


JSON_LINES = [
    b"[" * 500_000, b'{"a":' * 500_000, b'{"id": 1, "id": 2, "begun": "x"}', b'{"id": NaN, "begun": Infinity}',
    b"null",
    b'{"id": 1e99999, "begun": "2026-05-01 10:00"}', b'{"id": "\\ud800", "begun": "2026-05-01 10:00"}',
    b'{"id": "\\u0000", "begun": "2026-05-01 10:00"}', b'{"": {"": {"": 1}}}', b'"' + b"x" * 5_000_000, b"\x00",
    b'{"id": ' + b"9" * 100_000 + b', "begun": "2026-05-01 10:00"}', b"{" + b'"k": 1, ' * 200_000 + b'"id": 1}',
]  # fmt: skip


def test_hostile_json_lines(bench: Workbench) -> None:
    """Each between two sound ones, in a source of its own."""
    bench.workspace(sources("jsonl", len(JSON_LINES)))
    sound = {"id": "7", "begun": "2026-05-01 10:00", "queue": "q", "phone": "0612345678"}
    for number, line_ in enumerate(JSON_LINES):
        bench.write(f"{number}.jsonl", b"\n".join([json.dumps(sound).encode(), line_, json.dumps(sound).encode(), b""]))
    code, said = alone(bench.folder, "run", "--quiet", seconds=40)
    assert code in (0, 1, 2), said[:1000]
    assert len(said) < 20_000
    loaded = {row["source"] for row in bench.sql("select source from interactions where interaction_id = '7'")}
    for number, line_ in enumerate(JSON_LINES):
        assert f"s{number}" in loaded or f"error: s{number}: " in said, line_[:20]


def test_a_compressed_bomb_is_read_in_pieces(bench: Workbench) -> None:
    """A thousand times its size when opened: 100 MB of nothing, which no part of it holds at once."""
    import gzip

    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as writing:
        writing.write(HEADER + line(1, b"a"))
        for _ in range(100):
            writing.write(b" " * 1_000_000)
    bench.write("calls.csv.gz", packed.getvalue())
    code, said = alone(bench.folder, "run", "--quiet", seconds=40)
    assert code in (0, 1, 2)
    assert code == 0 or "error" in said


def test_names_of_files_do_not_steer(bench: Workbench) -> None:
    for number, name in enumerate(
        ["calls\x1b[2J.csv", "calls'); drop table files; --.csv", "calls\n.csv", "calls*?[].csv"]
    ):
        bench.write(name, HEADER + line(number, b"a"))
    code, said = alone(bench.folder, "run", "-v")
    assert code == 0, said
    assert "\x1b" not in said
    assert Path(bench.folder / ".omnictl/store.duckdb").exists()
    assert len(bench.sql("select path from files")) == 4
    assert bench.sql("select count(*) as n from interactions") == [{"n": 4}]
    assert "\x1b" not in bench.call("show", "files").stdout
