"""Workbooks as people make them: titles, blank rows, dates and durations, errors, several sheets."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from omnictl.connectors.excel import cell_text
from omnictl.errors import SourceError

Land = Callable[..., Any]


def workbook(fill: Callable[[Any], None], **sheets: list[list[Any]]) -> bytes:
    """A workbook whose first sheet is filled by a function, and others by rows."""
    book = openpyxl.Workbook()
    fill(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows(*given: list[Any]) -> bytes:
    def fill(sheet: Any) -> None:
        for row in given:
            sheet.append(row)

    return workbook(fill)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (109.0, "109"),
        (0.25, "0.25"),
        (-1.5, "-1.5"),
        (1e20, "100000000000000000000"),
        (1.5e-7, "0.00000015"),
        (33612345678.0, "33612345678"),
        (True, "true"),
        (False, "false"),
        ("", ""),
        (" as it is ", " as it is "),
        (dt.date(2026, 3, 5), "2026-03-05"),
        (dt.datetime(2026, 3, 5, 9, 12, 58), "2026-03-05 09:12:58"),
        (dt.datetime(2026, 3, 5, 9, 12, 57, 999_999), "2026-03-05 09:12:58"),
        (dt.datetime(2026, 12, 31, 23, 59, 59, 900_000), "2027-01-01 00:00:00"),
        (dt.time(9, 12, 58), "09:12:58"),
        (dt.time(9, 12, 57, 999_999), "09:12:58"),
        (dt.timedelta(hours=30, minutes=2), "30:02:00"),
        (dt.timedelta(seconds=7), "00:00:07"),
        (dt.timedelta(hours=-1, seconds=-5), "-01:00:05"),
        (dt.datetime(1900, 1, 1, 12), "36:00:00"),  # 1.5 days in a cell formatted as a time of day
        (dt.datetime(1900, 3, 1, 6), "1470:00:00"),
    ],
)
def test_cells_become_text(value: Any, text: str) -> None:
    assert cell_text(value) == text


def test_what_stands_in_a_sheet(land: Land) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["id", "begun", "day", "time", "talk", "wait", "vip", "share", "phone", "score"])
        moment, day = dt.datetime(2026, 3, 5, 9, 12, 58), dt.date(2026, 3, 5)
        sheet.append(["a", moment, day, dt.time(9, 12), dt.timedelta(hours=26), 12, True, 0.81, "0612345678", "=1+1"])
        sheet.append(["b", dt.datetime(2026, 3, 6), None, None, None, 1.5, False, "#N/A", 33612345678, None])
        sheet["D3"] = 1.25
        sheet["D3"].number_format = "h:mm:ss"
        sheet["E3"] = 0.5
        sheet["E3"].number_format = "[h]:mm:ss"
        sheet["H2"].number_format = "0%"

    landed = land(workbook(fill), name="export.xlsx")
    assert landed.rows == [
        ("a", "2026-03-05 09:12:58", "2026-03-05", "09:12:00", "26:00:00", "12", "true", "0.81", "0612345678", None),
        ("b", "2026-03-06 00:00:00", None, "30:00:00", "12:00:00", "1.5", "false", None, "33612345678", None),
    ]
    assert landed.export.unreadable == 1
    assert landed.export.notes == [
        "sheet Sheet, header on row 1",
        "1 cell with an error such as #N/A, read as empty",
    ]


def test_dates_alone_stay_dates(land: Land) -> None:
    landed = land(rows(["id", "day"], ["a", dt.datetime(2026, 3, 5)], ["b", dt.datetime(2026, 3, 6)]), name="e.xlsx")
    assert landed.column("day") == ["2026-03-05", "2026-03-06"]


def test_the_years_of_old_macs(land: Land) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["id", "begun"])
    book.active.append(["a", dt.datetime(2026, 3, 5, 9)])
    out = io.BytesIO()
    book.save(out)
    assert land(out.getvalue(), name="export.xlsx").rows == [("a", "2026-03-05 09:00:00")]


def test_titles_blank_rows_and_merged_cells(land: Land) -> None:
    def fill(sheet: Any) -> None:
        sheet["C3"] = "Calls of the week"
        sheet.merge_cells("C3:E3")
        for column, name in zip("CDEF", ["id", "Speed of\nanswer", None, "id"], strict=True):
            sheet[f"{column}6"] = name
        sheet["C8"], sheet["D8"], sheet["E8"], sheet["F8"] = "a", 'said "x", y', "first\nsecond", "k"
        sheet["C9"] = "b"
        sheet.row_dimensions[9].hidden = True
        sheet.merge_cells("C8:C8")
        sheet["H20"].number_format = "0.00"

    landed = land(workbook(fill), ("id", "speed of answer", "id_1"), name="export.xlsx")
    assert landed.columns == ["id", "Speed of answer", "column2", "id_1"]
    assert landed.rows[:3] == [
        (None, None, None, None),
        ("a", 'said "x", y', "first\nsecond", "k"),
        ("b", None, None, None),
    ]
    assert all(row == (None,) * 4 for row in landed.rows[3:])
    assert landed.export.notes == ["sheet Sheet, header on row 6"]
    assert landed.export.locate([2, 3]) == {2: (8, 'a,"said ""x"", y","first\nsecond",k'), 3: (9, "b,,,")}


def test_twenty_thousand_blank_rows(land: Land) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["id", "b"])
        sheet.append(["a", 1])
        for row in range(3, 20_003):
            sheet.cell(row, 2, "")
        sheet.append(["z", 2])

    landed = land(workbook(fill), name="export.xlsx")
    assert (len(landed.rows), landed.rows[0], landed.rows[-1]) == (20_002, ("a", "1"), ("z", "2"))
    assert landed.export.record_of(20_001) == 20_002
    assert landed.export.locate([20_002]) == {20_002: (20_003, "z,2")}


def test_one_column(land: Land) -> None:
    landed = land(rows(["id"], ["a"], [None], ["b"]), name="export.xlsx")
    assert landed.rows == [("a",), (None,), ("b",)]


def test_sheets(land: Land) -> None:
    content = workbook(lambda sheet: None, Cover=[["Title"], [None, "x"]], Données=[["id", "b"], ["1", 2]])
    with pytest.raises(SourceError, match="there is no column `id`") as error:
        land(content, name="export.xlsx")
    assert "the sheet `Données` has all of them: set `sheet: Données`" in error.value.hint
    landed = land(content, name="export.xlsx", sheet="Données")
    assert landed.rows == [("1", "2")]
    assert landed.export.notes == ["sheet Données (of 3), header on row 1"]
    with pytest.raises(SourceError, match="there is no sheet `Donnees`") as error:
        land(content, name="export.xlsx", sheet="Donnees")
    assert error.value.hint == "did you mean `Données`?"
    with pytest.raises(SourceError, match="the sheet `Sheet` is empty"):
        land(content, name="export.xlsx", sheet="Sheet")


def test_a_hidden_sheet_is_not_the_first(land: Land) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "b"])
    book.active.append(["wrong", "sheet"])
    book.active.sheet_state = "hidden"
    shown = book.create_sheet("Shown")
    shown.append(["id", "b"])
    shown.append(["right", "sheet"])
    out = io.BytesIO()
    book.save(out)
    assert land(out.getvalue(), name="export.xlsx").rows == [("right", "sheet")]


def test_the_header_can_be_given(land: Land) -> None:
    content = rows(["id", "b"], ["names", "below"], ["id", "c"], ["1", "2"])
    assert land(content, name="e.xlsx", header=3).columns == ["id", "c"]
    assert land(content, ("column0",), name="e.xlsx", header=False).rows[0] == ("id", "b")
    with pytest.raises(SourceError, match="nothing stands on row 9"):
        land(content, name="e.xlsx", header=9)


def test_further_texts_that_mean_empty(land: Land) -> None:
    content = rows(["id", "b"], ["?", "n/a"], ["2", "a,b"])
    assert land(content, name="e.xlsx", missing=("?", "a,b")).rows == [(None, "n/a"), ("2", None)]


def test_the_format_is_told_by_the_content(land: Land) -> None:
    assert land(rows(["id"], ["1"]), name="export").rows == [("1",)]


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"", "it is empty", ""),
        (b"id;b\n1;2\n", "this is no Excel workbook", "format: csv"),
        (b"<html><table><tr><td>id</td></tr></table></html>", "this is no Excel workbook", "format: csv"),
        (rows(["id"], ["1"])[:3000], "the workbook cannot be read", "fetch it again"),
        (workbook(lambda sheet: None), "the workbook is empty", ""),
    ],
)
def test_what_is_no_workbook(land: Land, content: bytes, message: str, hint: str) -> None:
    with pytest.raises(SourceError, match=message) as error:
        land(content, name="export.xlsx")
    assert hint in error.value.hint


def test_damage_is_said_wherever_it_is(land: Land) -> None:
    """Broken bytes anywhere give an error of ours or the rows, never another exception."""
    sound = rows(["id", "b"], *[[f"t{number}", number] for number in range(50)])
    for place in range(0, len(sound) - 40, 61):
        damaged = sound[:place] + bytes(byte ^ 0x5A for byte in sound[place : place + 30]) + sound[place + 30 :]
        try:
            land(damaged, name="export.xlsx")
        except SourceError as error:
            assert error.file == "export.xlsx"


def test_copies_are_private(land: Land, tmp_path: Path) -> None:
    land(rows(["id"], ["1"]), name="export.xlsx")
    assert [copy.stat().st_mode & 0o777 for copy in (tmp_path / "scratch").iterdir()] == [0o600]


def test_a_cell_of_blanks_is_empty(land: Land) -> None:
    content = rows(["id", "b", "c"], ["1", "  ", "\n \t"], ["2", "\u00a0", " v "])
    assert land(content, name="export.xlsx").rows == [("1", None, None), ("2", None, " v ")]
