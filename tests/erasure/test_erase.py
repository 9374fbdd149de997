"""A person erased: nothing of theirs is left in any table or byte, nothing of others is touched, nobody comes back."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from erasable import ANN, FILES, centre
from workbench import Workbench

from omnictl.relations import RELATIONS

HOUSE = sorted(RELATIONS)  # before any plugin brings one
OTHERS = ("runs", "rejects", "person_changes")  # that tell of runs, not of people
NOBODYS = ("staffing", "base", "levels", "runs", "rejects", "stamps", "candidates")
IDS = ("ann-call-1", "ann-call-2", "ann-call-3", "ann-robot", "ann-visit-1", "ann-visit-2", "ann-vote", "ann-shown")


Rows = list[dict[str, Any]]


def tables(bench: Workbench, file: str = "store.work.duckdb") -> dict[str, Rows]:
    """Every table and view of a file of the store, by name."""
    path = bench.folder / ".omnictl" / file
    return read(path, path.stat().st_mtime_ns)


@cache
def read(path: Path, modified: int) -> dict[str, Rows]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            """
            select table_name from duckdb_tables() where not internal
            union select view_name from duckdb_views() where not internal order by 1
            """
        ).fetchall()
        return {name: _rows(connection, name) for (name,) in names}


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> Rows:
    told = connection.execute(f"from {name}")
    columns = [column[0] for column in told.description]
    return [dict(zip(columns, row, strict=True)) for row in told.fetchall()]


def pseudonyms(bench: Workbench) -> set[int]:
    """Those of Ann's values: customer, e-mail, cookie, and number."""
    told = tables(bench)
    hers = {row["value"] for row in told["identifiers"] if ANN.match(row["owner_id"])}
    assert len(hers) == 4
    return hers


def naming(rows: Rows, hers: set[int]) -> list[str]:
    """The columns of rows in which Ann is named."""
    cells = [(name, value) for row in rows for name, value in row.items()]
    texts = {name for name, value in cells if isinstance(value, str) and re.search("(^|[:/])ann-", value)}
    return sorted(texts | {name for name, value in cells if isinstance(value, int) and value in hers})


@pytest.mark.parametrize("relation", HOUSE)
def test_no_relation_names_the_person(full: Workbench, erased: Workbench, relation: str) -> None:
    hers = pseudonyms(full)
    if relation not in NOBODYS:
        assert naming(tables(full)[relation], hers), "Ann must have left something there to be erased"
    for file in ("store.work.duckdb", "store.duckdb"):
        assert naming(tables(erased, file)[relation], hers) == []


def test_no_other_table_names_the_person_but_tombstones(full: Workbench, erased: Workbench) -> None:
    hers = pseudonyms(full)
    named = {name: naming(rows, hers) for name, rows in tables(erased).items()}
    assert {name: columns for name, columns in named.items() if columns} == {"tombstones": ["along_with", "value"]}
    buried = {row["value"] for row in tables(erased)["tombstones"] if row["what"] == "value"}
    (email,) = {row["value"] for row in tables(full)["identifiers"] if row["kind"] == "email" and row["value"] in hers}
    assert buried == hers - {email}  # nothing but a survey carried it: that it is hers is not certain


def test_no_byte_of_the_store_names_the_person(full: Workbench, erased: Workbench) -> None:
    for bench, there in ((full, True), (erased, False)):
        files = [path for path in (bench.folder / ".omnictl").rglob("*") if path.is_file()]
        content = b"".join(path.read_bytes() for path in files)
        told = [text for text in (*IDS, "C-Ann", "Ann was here") if text.encode() in content]
        assert bool(told) is there, told
    raw = [path.read_text() for path in (erased.folder / ".omnictl" / "rejects").glob("*.jsonl")]
    assert "C-Cid" in "".join(raw)  # whose rejected record is his own


def test_what_is_left_is_what_would_be_there_without_the_person(erased: Workbench, tmp_path: Path) -> None:
    never = tables(centre(tmp_path, with_ann=False))
    left = tables(erased)
    for relation in sorted(set(HOUSE) - set(OTHERS)):
        names = [name for name in RELATIONS[relation].names if name != "parent_kind"]
        one, other = (sorted(repr([row[name] for name in names]) for row in each[relation]) for each in (left, never))
        assert one == other, relation


def test_records_erased_are_counted_as_filtered(full: Workbench, erased: Workbench) -> None:
    before = {(row["source"], row["path"]): row for row in tables(full)["files"]}
    for row in tables(erased)["files"]:
        was = before[row["source"], row["path"]]
        assert row["records"] == row["used"] + row["rejected"] + row["superseded"] + row["filtered"]
        lost = sum(bool(ANN.match(line)) for line in FILES.get(row["path"], "").splitlines())
        if row["path"] in ("votes.csv", "visits.csv", "parts.csv", "pages.csv", "shown.csv", "desk1.csv"):
            assert was["used"] - row["used"] == row["filtered"] - was["filtered"] == lost > 0


@pytest.fixture
def copy(erased: Workbench, tmp_path: Path) -> Workbench:
    shutil.copytree(erased.folder, tmp_path / "copy")
    return Workbench(tmp_path / "copy")


def test_no_later_load_brings_the_person_back(copy: Workbench, full: Workbench) -> None:
    before = tables(copy)
    copy.call("run", "--full")
    after = tables(copy)
    for relation in sorted(set(HOUSE) - {"runs", "rejects"}):
        assert len(after[relation]) == len(before[relation]), relation
    copy.write("desk3.csv", "id,customer,channel,begun,ended,agent,parent\n"
               "new-call-1,C-Ann,phone,2026-03-10 09:00:00,2026-03-10 09:10:00,eve,\n"
               "new-call-2,C-Bob,phone,2026-03-10 09:00:00,2026-03-10 09:10:00,eve,\n"
               "ann-call-1,,phone,2026-03-02 09:00:00,2026-03-02 09:10:00,eve,\n")  # fmt: skip
    rows = {row["source"]: row for row in copy.rows("run") if row["stage"] == "ingest"}
    assert (rows["desk"]["records"], rows["desk"]["used"], rows["desk"]["filtered"]) == (3, 1, 2)
    assert "left out, of erased people: 2" in rows["desk"]["message"]
    assert {row["path"] for row in tables(copy)["files"]} >= {"desk3.csv"}
    hers = pseudonyms(full)
    assert [name for name, rows in tables(copy).items() if naming(rows, hers)] == ["tombstones"]
    assert [row["interaction_id"] for row in tables(copy)["interactions"] if row["interaction_id"][:3] == "new"] == [
        "new-call-2"
    ]
    raw = "".join(path.read_text() for path in (copy.folder / ".omnictl" / "rejects").glob("*.jsonl"))
    assert "C-Ann" not in raw and "C-Cid" in raw
    said = copy.call("identity", "find", "phone=+33612345678", expect=1).stderr
    assert "erased before" in said


def test_a_value_forgotten_counts_again_and_what_was_erased_does_not(copy: Workbench) -> None:
    copy.call("identity", "erase", "phone=0612345678", "--forget-tombstone")
    copy.write("desk3.csv", "id,customer,channel,begun,ended,agent,parent\n"
               "new-call-1,C-Ann,phone,2026-03-10 09:00:00,2026-03-10 09:10:00,eve,\n")  # fmt: skip
    copy.call("run", "--full", "--source", "desk")
    found = copy.rows("identity", "find", "customer_id=C-Ann")
    assert [row["interaction_id"] for row in found] == ["new-call-1"]
