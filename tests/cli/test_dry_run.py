"""`run --dry-run`: says what would happen to which file, and keeps nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest
from workbench import Workbench

CALLS = "id,begun,version,queue,phone\n"
CDR = "uid,at,talk\n"
WORKSPACE = """\
workspace: test
timezone: Europe/Paris
country: FR
sources:
  calls:
    connector: table
    path: calls*.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, version_at: version, queue: queue}
    identifiers: {phone: phone}
"""
COMPLETED = """\
  cdr:
    connector: table
    path: cdr*.csv
    columns: {interaction_id: uid, channel: "'phone'", started_at: at, talk_s: talk}
    completes: calls
    unmatched: reject
"""


def calls(*ids: int, version: int = 1, queue: str = "q") -> str:
    return CALLS + "".join(f"{n},2026-05-01 10:0{n},{version},{queue},061234567{n}\n" for n in ids)


def write(bench: Workbench, name: str, content: str, minute: int = 0) -> None:
    path = bench.write(name, content)
    os.utime(path, (1_780_000_000 + 60 * minute,) * 2)


def kept(folder: Path) -> dict[str, Any]:
    """Every table of both store files, and every other file beside them."""
    found: dict[str, Any] = {}
    for name in ("store.duckdb", "store.work.duckdb"):
        if not (folder / name).exists():
            continue
        with duckdb.connect(str(folder / name), read_only=True) as connection:
            tables = connection.execute("select table_name, sql from duckdb_tables() order by all").fetchall()
            for table, sql in tables:
                rows = connection.execute(f'from "{table}"').fetchall()
                found[f"{name}/{table}"] = (sql, sorted(map(repr, rows)))
    others = [path for path in folder.rglob("*") if not path.name.startswith(("store.", "writer.lock"))]
    return found | {str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in others}


def told(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    counts = ("records", "used", "rejected", "superseded", "filtered", "rows_before", "rows_after")
    return [(row["file"], row["change"], *(row[name] for name in counts)) for row in rows]


def ledger(bench: Workbench) -> dict[str, tuple[Any, ...]]:
    counts = ("records", "used", "rejected", "superseded", "filtered")
    rows = bench.sql("select path, records, used, rejected, superseded, filtered from files")
    return {row["path"]: tuple(row[name] for name in counts) for row in rows}


def test_of_an_empty_store(workbench: Workbench) -> None:
    workbench.workspace(WORKSPACE)
    write(workbench, "calls1.csv", calls(1, 2) + "3,never,1,q,\n")
    said = workbench.call("run", "--dry-run", "--format", "json")
    assert "nothing was kept" in said.stderr
    assert "secret" not in said.stderr
    assert told(workbench.rows("run", "--dry-run")) == [("calls1.csv", "new", 3, 2, 1, 0, 0, 0, 4)]
    left = [path.name for path in (workbench.folder / ".omnictl").iterdir()]
    assert sorted(left) == [".gitignore", "writer.lock"]
    workbench.call("run")
    assert workbench.accounting("calls") == {"records": 3, "used": 2, "rejected": 1, "superseded": 0, "filtered": 0}


def test_every_kind_of_change_and_the_run_after_it(workbench: Workbench) -> None:
    workbench.workspace(WORKSPACE)
    write(workbench, "calls1.csv", calls(1, 2, 3))
    write(workbench, "calls2.csv", calls(3, 4, version=2), 1)
    write(workbench, "calls3.csv", calls(5, version=3), 2)
    write(workbench, "calls4.csv", calls(6), 3)
    write(workbench, "calls5.csv", calls(7), 4)
    write(workbench, "calls6.csv", calls(8), 5)
    workbench.call("run")
    (workbench.folder / "calls3.csv").unlink()
    (workbench.folder / "calls4.csv").unlink()
    (workbench.folder / "calls6.csv").rename(workbench.folder / "calls8.csv")
    write(workbench, "calls2.csv", calls(4, 9) + "x,never,1,q,\n", 6)
    write(workbench, "calls7.csv", calls(7, version=2), 7)
    options = ["--forget", "calls4.csv", "--replace", "calls5.csv"]
    before = kept(workbench.folder / ".omnictl")
    rows = told(workbench.rows("run", "--dry-run", *options))
    assert kept(workbench.folder / ".omnictl") == before
    assert rows == [
        ("calls1.csv", "again", 3, 3, 0, 0, 0, 4, 6),
        ("calls2.csv", "changed", 3, 2, 1, 0, 0, 4, 4),
        ("calls3.csv", "kept", 1, 1, 0, 0, 0, 2, 2),
        ("calls4.csv", "forgotten", None, None, None, None, None, 2, 0),
        ("calls5.csv", "replaced", 1, 0, 0, 1, 0, 2, 0),
        ("calls7.csv", "new", 1, 1, 0, 0, 0, 0, 2),
        ("calls8.csv", "renamed", 1, 1, 0, 0, 0, 2, 2),
    ]
    workbench.call("run", *options)
    assert ledger(workbench) == {file: tuple(counts) for file, _, *counts, _, _ in rows if counts[0] is not None}
    counted = workbench.sql("select (select count(*) from interactions) + (select count(*) from identifiers) as n")
    assert counted[0]["n"] == sum(row[-1] for row in rows)
    assert told(workbench.rows("run", "--dry-run")) == [("calls3.csv", "kept", 1, 1, 0, 0, 0, 2, 2)]


def test_a_file_whose_records_others_replace_is_affected(workbench: Workbench) -> None:
    workbench.workspace(WORKSPACE)
    write(workbench, "calls1.csv", calls(1, 2, 3))
    workbench.call("run")
    write(workbench, "calls2.csv", calls(2, version=2), 1)
    assert told(workbench.rows("run", "--dry-run")) == [
        ("calls1.csv", "affected", 3, 2, 0, 1, 0, 6, 4),
        ("calls2.csv", "new", 1, 1, 0, 0, 0, 0, 2),
    ]


def test_with_a_source_that_completes_another(workbench: Workbench) -> None:
    workbench.workspace(WORKSPACE + COMPLETED)
    write(workbench, "calls1.csv", calls(1, 2))
    write(workbench, "cdr1.csv", CDR + "1,2026-05-01 10:01,30\n3,2026-05-01 10:03,33\n")
    first = workbench.rows("run", "--dry-run", expect=0)
    assert told(first) == [
        ("calls1.csv", "new", 2, 2, 0, 0, 0, 0, 4),
        ("cdr1.csv", "new", 2, 1, 1, 0, 0, 0, 0),
    ]
    workbench.call("run")
    write(workbench, "calls2.csv", calls(3), 1)
    before = kept(workbench.folder / ".omnictl")
    rows = told(workbench.rows("run", "--dry-run"))
    assert kept(workbench.folder / ".omnictl") == before
    assert rows == [("calls2.csv", "new", 1, 1, 0, 0, 0, 0, 2), ("cdr1.csv", "affected", 2, 2, 0, 0, 0, 0, 0)]
    workbench.call("run")
    assert ledger(workbench)["cdr1.csv"] == (2, 2, 0, 0, 0)
    workbench.workspace(WORKSPACE)  # its rows would move out, and be withdrawn
    before = kept(workbench.folder / ".omnictl")
    rows = told(workbench.rows("run", "--dry-run"))
    assert rows == [("cdr1.csv", "forgotten", None, None, None, None, None, 0, 0)]
    assert kept(workbench.folder / ".omnictl") == before


@pytest.mark.parametrize("loaded", [False, True])
def test_with_a_source_that_fails(workbench: Workbench, loaded: bool) -> None:
    workbench.workspace(WORKSPACE + COMPLETED.replace("cdr*", "other*"))
    write(workbench, "calls1.csv", calls(1))
    write(workbench, "other1.csv", CDR + "1,2026-05-01 10:01,30\n")
    if loaded:
        workbench.call("run")
    write(workbench, "calls2.csv", calls(2), 1)
    write(workbench, "other2.csv", "quite,another\nfile,\n", 2)
    before = kept(workbench.folder / ".omnictl") if loaded else {}
    said = workbench.call("run", "--dry-run", "--format", "json", expect=1)
    assert "cdr: failed" in said.stderr
    assert "other2.csv" in said.stderr
    assert '"calls2.csv"' in said.stdout
    if loaded:
        assert kept(workbench.folder / ".omnictl") == before
    assert not (workbench.folder / ".omnictl" / "tmp").exists()


def test_of_one_source_and_a_new_mapping(workbench: Workbench) -> None:
    workbench.workspace(WORKSPACE + COMPLETED.replace("cdr*", "other*"))
    write(workbench, "calls1.csv", calls(1, 2))
    write(workbench, "other1.csv", CDR + "1,2026-05-01 10:01,30\n")
    workbench.call("run")
    workbench.workspace(WORKSPACE.replace("queue: queue", "queue: upper(queue)") + COMPLETED.replace("cdr*", "other*"))
    assert told(workbench.rows("run", "--dry-run", "--source", "cdr")) == []
    assert told(workbench.rows("run", "--dry-run", "--source", "calls")) == [
        ("calls1.csv", "again", 2, 2, 0, 0, 0, 4, 4)
    ]
    both = workbench.rows("run", "--dry-run", "--full")
    assert [(row["source"], row["change"]) for row in both] == [("calls", "again"), ("cdr", "again")]


def test_globs_that_name_nothing(workbench: Workbench) -> None:
    workbench.workspace(WORKSPACE)
    write(workbench, "calls1.csv", calls(1, 2))
    workbench.call("run")
    said = workbench.call("run", "--dry-run", "--forget", "call1.csv")
    assert "note: --forget call1.csv names no file" in said.stderr
