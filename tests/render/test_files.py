"""Parquet and Excel files: types, real numbers, texts that stay texts, and definitions that travel."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from awkward import AWKWARD

from omnictl.errors import OmnictlError
from omnictl.render import Col, Table, write_file
from omnictl.render.typed import type_of

DEFINITIONS = [
    {
        "kpi": "answer_rate",
        "label": "Taux de décroché",
        "channels": ["phone", "chat"],
        "parameters": {"short_abandon": "5 s"},
        "expressions": {"numerator": {"default": "count_if(outcome = 'handled')"}, "at": {"phone": "queued_at"}},
    }
]
FIGURES = Table(
    [Col("day"), Col("rate", "ratio", "Taux"), Col("n", "count"), Col("change", "pt"), Col("at", "UTC"), Col("id")],
    [
        (date(2026, 3, 1), 0.783, 41208, 0.014, datetime(2026, 3, 1, 9, 30), 2026),
        (date(2026, 3, 2), None, -3, -0.002, None, 10**15),
    ],
    title="Taux: jour/jour",
    notes=["later figures are partial"],
)


def parquet(file: Path, table: Table, definitions: Any = ()) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """The types by column, and the rows, of a table written and read again."""
    write_file([table], "parquet", file, definitions=definitions)
    shape = duckdb.sql(f"describe from '{file}'").fetchall()
    return {row[0]: row[1] for row in shape}, duckdb.sql(f"from '{file}'").fetchall()


def metadata(file: Path) -> dict[str, Any]:
    found = duckdb.sql(f"select key, value from parquet_kv_metadata('{file}')").fetchall()
    return {key.decode(): value.decode() for key, value in found}


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        (Col("a"), [True, None], "boolean"),
        (Col("a"), [1, 2**63 - 1], "bigint"),
        (Col("a"), [1, 2**63], "decimal(38, 0)"),
        (Col("a"), [0.5, 1], "double"),
        (Col("a"), [Decimal("1.25"), 3], "decimal(18, 2)"),
        (Col("a"), [Decimal("1.25"), 0.1], "double"),
        (Col("a"), [Decimal("1.250")], "decimal(18, 3)"),
        (Col("a", type="DECIMAL(12,3)"), [Decimal("1.250")], "decimal(12,3)"),
        (Col("a"), [Decimal("1E+3")], "decimal(18, 0)"),
        (Col("a"), [Decimal("1E+40")], "varchar"),
        (Col("a"), [date(2026, 1, 1), datetime(2026, 1, 1, 8)], "timestamp"),
        (Col("a"), ["1", 1], "varchar"),
        (Col("a"), [[1]], "varchar"),
        (Col("a"), [], "varchar"),
        (Col("a", "ratio"), [None], "double"),
        (Col("a", "erlang"), [None], "double"),
        (Col("a", "count"), [None], "bigint"),
        (Col("a", "UTC"), [None], "timestamp"),
        (Col("a", type="INTEGER"), [None], "bigint"),
        (Col("a", type="INTEGER[]"), [None], "varchar"),
        (Col("a", type="VARCHAR"), [1], "bigint"),  # what is there counts more than what was said
    ],
)
def test_the_type_of_a_column(column: Col, values: list[Any], kind: str) -> None:
    assert type_of(column, values) == kind


def test_parquet_has_types_and_gives_every_value_back(tmp_path: Path) -> None:
    types, rows = parquet(tmp_path / "a.parquet", FIGURES)
    assert list(types.items()) == [
        ("day", "DATE"),
        ("rate", "DOUBLE"),
        ("n", "BIGINT"),
        ("change", "DOUBLE"),
        ("at", "TIMESTAMP"),
        ("id", "BIGINT"),
    ]
    assert rows == FIGURES.rows


def test_parquet_takes_every_awkward_value(tmp_path: Path) -> None:
    types, rows = parquet(tmp_path / "a.parquet", AWKWARD)
    assert len(rows) == len(AWKWARD.rows)
    assert [row[0] for row in rows] == [row[0] for row in AWKWARD.rows]
    assert types["text_1"] == "VARCHAR"  # the second column of that name
    assert rows[3][8] == datetime(2026, 1, 1, 9, 0, 0, 5)  # a zoned time, as UTC
    assert (types["score" if "score" in types else "csat"], rows[0][3]) == ("DOUBLE", 253.45)


def test_decimals_keep_every_digit_over_many_rows(tmp_path: Path) -> None:
    values = [Decimal(number) / 1000 for number in range(12_345)] + [Decimal("12345678901234.567")]
    types, rows = parquet(tmp_path / "a.parquet", Table([Col("d")], [(value,) for value in values]))
    assert types == {"d": "DECIMAL(18,3)"}
    assert [row[0] for row in rows] == values  # in their order too


def test_names_that_differ_in_case_only_are_told_apart(tmp_path: Path) -> None:
    types, _ = parquet(tmp_path / "a.parquet", Table([Col("Rate"), Col("rate"), Col('a "b"')], [(1, 2, 3)]))
    assert list(types) == ["Rate", "rate_1", 'a "b"']


def test_an_empty_answer_has_the_columns_of_a_full_one(tmp_path: Path) -> None:
    types, rows = parquet(tmp_path / "a.parquet", Table([Col("at", "UTC"), Col("rate", "ratio"), Col("x")], []))
    assert (types, rows) == ({"at": "TIMESTAMP", "rate": "DOUBLE", "x": "VARCHAR"}, [])


def test_parquet_carries_definitions_units_and_notes(tmp_path: Path) -> None:
    file = tmp_path / "it's.parquet"
    write_file([FIGURES], "parquet", file, definitions=DEFINITIONS)
    found = {
        key.decode(): value.decode()
        for key, value in duckdb.execute("select key, value from parquet_kv_metadata(?)", [str(file)]).fetchall()
    }
    assert json.loads(found["omnictl.definitions"]) == DEFINITIONS
    assert json.loads(found["omnictl.columns"])[1] == {"name": "rate", "unit": "ratio", "label": "Taux"}
    assert json.loads(found["omnictl.notes"]) == FIGURES.notes


def test_parquet_holds_one_table(tmp_path: Path) -> None:
    with pytest.raises(OmnictlError, match="one table, here are 2"):
        write_file([FIGURES, FIGURES], "parquet", tmp_path / "a.parquet")
    with pytest.raises(OmnictlError, match="without columns"):
        write_file([Table([], [])], "parquet", tmp_path / "a.parquet")


def workbook(file: Path, *tables: Table, lang: str = "en", definitions: Any = ()) -> Any:
    assert write_file(tables, "xlsx", file, lang=lang, definitions=definitions) == []
    return openpyxl.load_workbook(file)


def test_excel_has_real_numbers_and_days(tmp_path: Path) -> None:
    sheet = workbook(tmp_path / "a.xlsx", FIGURES).active
    heads, first, second = sheet.iter_rows()
    assert [cell.value for cell in heads] == ["day", "Taux", "n", "change", "at (UTC)", "id"]
    assert all(cell.font.bold for cell in heads)
    assert sheet.freeze_panes == "A2"
    assert [cell.value for cell in first] == [
        datetime(2026, 3, 1),
        0.783,
        41208,
        pytest.approx(1.4),
        datetime(2026, 3, 1, 9, 30),
        2026,
    ]
    assert [cell.number_format for cell in first] == [
        "yyyy-mm-dd",
        "0.0%",
        "#,##0",
        '+0.0" pt";-0.0" pt";0.0" pt"',
        "yyyy-mm-dd hh:mm:ss",
        "General",
    ]
    assert [cell.value for cell in second][1:3] == [None, -3]
    assert second[5].value == str(10**15)  # a number would lose its last digits
    assert sheet.column_dimensions["A"].width >= len("2026-03-01")


def test_days_are_written_in_the_readers_order(tmp_path: Path) -> None:
    sheet = workbook(tmp_path / "a.xlsx", FIGURES, lang="fr").active
    assert sheet["A2"].number_format == "dd/mm/yyyy"
    assert sheet["E2"].number_format == "dd/mm/yyyy hh:mm:ss"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+33612345678", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "http://example.org", "007", "{=1}", "'=1"],
)
def test_a_text_is_a_text_and_nothing_else(tmp_path: Path, text: str) -> None:
    book = workbook(tmp_path / "a.xlsx", Table([Col(text), Col("b")], [(text, 1)], title=text))
    for cell in (book.active["A1"], book.active["A2"]):
        assert (cell.data_type, cell.value, cell.hyperlink) == ("s", text, None)


def test_excel_takes_every_awkward_value(tmp_path: Path) -> None:
    sheet = workbook(tmp_path / "a.xlsx", AWKWARD).active
    texts = [cell.value for cell in sheet["A"]][1:]
    assert texts[0] == "plain" and texts[-1] == "é ü œ 数 🙂 ＝"
    assert [cell.data_type for cell in sheet["A"] if cell.value is not None] == ["s"] * 11
    assert sheet["H6"].value == "inf"


def test_every_table_has_a_sheet_and_definitions_theirs(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", FIGURES, FIGURES, Table([Col("a")], []), definitions=DEFINITIONS)
    assert book.sheetnames == ["Taux  jour jour", "Taux  jour jour 2", "data", "definitions"]
    heads, first, note = book["definitions"].iter_rows(values_only=True)
    assert heads == ("kpi", "label", "channels", "parameters", "expressions")
    assert first == (
        "answer_rate",
        "Taux de décroché",
        "phone, chat",
        "short_abandon: 5 s",
        "numerator: count_if(outcome = 'handled')\nat: phone: queued_at",
    )
    assert note[0] == "note: later figures are partial"


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["x" * 40, "X" * 40], ["x" * 31, "X" * 29 + " 2"]),
        (["History", "'quoted'", "a[b]"], ["History_", "quoted", "a b"]),
    ],
)
def test_names_of_sheets_are_such_as_excel_takes(tmp_path: Path, titles: list[str], names: list[str]) -> None:
    tables = [Table([Col("a")], [], title=title) for title in titles]
    assert workbook(tmp_path / "a.xlsx", *tables).sheetnames == names


def test_what_a_cell_cannot_hold_is_said(tmp_path: Path) -> None:
    told = write_file([Table([Col("a")], [("x" * 40_000,)])], "xlsx", tmp_path / "a.xlsx")
    assert told == ["1 texts are longer than 32,767 characters and were cut: a cell holds no more"]
    assert len(openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"].value) == 32_767


def test_what_a_sheet_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OmnictlError, match="1,048,576 rows"):
        write_file([Table([Col("a")], [(1,)] * 1_048_576)], "xlsx", tmp_path / "a.xlsx")


def test_days_excel_does_not_have_are_text(tmp_path: Path) -> None:
    rows = [(date(1815, 6, 18),), (datetime(2026, 3, 1, 9, tzinfo=UTC),)]
    sheet = workbook(tmp_path / "a.xlsx", Table([Col("a")], rows)).active
    assert (sheet["A2"].value, sheet["A3"].value) == ("1815-06-18", datetime(2026, 3, 1, 9))
