"""Parquet files keep their types; what is damaged is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from omnictl.errors import SourceError

Land = Callable[..., Any]
ROWS = """select i as id, 'T' || i as "Ticket No", case when i % 2 = 0 then '?' else 'x' end as note,
    timestamptz '2026-03-05 10:00:00+03' + to_minutes(i) as at, {'k': [i]} as inner_, 1.5::decimal(9, 2) as amount,
    '\\xAA'::blob as bytes from range(1, 5001) t(i)"""


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "a[1] it's.parquet"
    with duckdb.connect() as con:
        con.sql(ROWS).write_parquet(str(path))
    return path


def test_types_and_order(land: Land, parquet: Path) -> None:
    landed = land(parquet, ("id", "ticket no"))
    assert landed.export.columns == {
        "id": "BIGINT",
        "Ticket No": "VARCHAR",
        "note": "VARCHAR",
        "at": "TIMESTAMP WITH TIME ZONE",
        "inner_": "STRUCT(k BIGINT[])",
        "amount": "DECIMAL(9,2)",
        "bytes": "BLOB",
    }
    assert landed.column("id") == list(range(1, 5001))
    assert (landed.records()[-1], landed.export.unparsed) == (5000, ())


def test_further_texts_that_mean_empty(land: Land, parquet: Path) -> None:
    assert land(parquet, missing=("?",)).column("note")[:3] == ["x", None, "x"]


def test_records_are_shown_as_json(land: Land, parquet: Path) -> None:
    located = land(parquet).export.locate([5000, 2])
    assert sorted(located) == [2, 5000]
    number, text = located[2]
    assert number == 2
    assert text.startswith('{"id":2,"Ticket No":"T2","note":"?","at":"2026-03-05')


def test_a_missing_column(land: Land, parquet: Path) -> None:
    with pytest.raises(SourceError, match="there is no column `ticket_no`") as error:
        land(parquet, ("ticket_no",))
    assert "did you mean `Ticket No`?" in error.value.hint


@pytest.mark.parametrize("name", ["export.parquet", "export.csv"])
@pytest.mark.parametrize("part", [slice(0, 2000), slice(0, -1), slice(4, None)])
def test_a_damaged_file(land: Land, parquet: Path, name: str, part: slice) -> None:
    with pytest.raises(SourceError) as error:
        land(parquet.read_bytes()[part], name=name)
    assert error.value.file == name
    assert error.value.hint


def test_text_that_is_called_parquet(land: Land) -> None:
    with pytest.raises(SourceError, match="this is no Parquet file") as error:
        land("id,b\n1,2\n", name="export.parquet")
    assert error.value.hint == "it is text: set `format: csv`"


def test_damage_that_shows_when_it_is_read(land: Land, parquet: Path) -> None:
    content = bytearray(parquet.read_bytes())
    content[100:3000] = b"\xff" * 2900
    with pytest.raises(SourceError, match="some of its pages are damaged"):
        land(bytes(content), name="export.parquet")
