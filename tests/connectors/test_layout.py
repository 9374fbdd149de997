"""Delimiter, quotes, line ends and header are found, or taken as they are given."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from omnictl.errors import SourceError

Land = Callable[..., Any]


@pytest.mark.parametrize(
    ("text", "note", "rows"),
    [
        pytest.param("id,b\n1,2\n", "delimiter ,, header on line 1", [("1", "2")], id="comma"),
        pytest.param(
            "id;b\n1;2,5\n2;3,5\n", "delimiter ;, header on line 1", [("1", "2,5"), ("2", "3,5")], id="semicolon"
        ),
        pytest.param("id\tb\n1\t2\n", "delimiter tab, header on line 1", [("1", "2")], id="tab"),
        pytest.param("id|b\n1|2\n", "delimiter |, header on line 1", [("1", "2")], id="bar"),
        pytest.param("sep=|\r\nid|b\r\n1|2\r\n", "delimiter |, header on line 2", [("1", "2")], id="as Excel says it"),
        pytest.param(
            'Calls\nFrom,2026\n\n"id";"b"\n1;2\n', "delimiter ;, header on line 4", [("1", "2")], id="preamble"
        ),
        pytest.param('Say "hi\nid;b\n1;2\n', "delimiter ;, header on line 2", [("1", "2")], id="quote in preamble"),
        pytest.param(
            '"Calls of\nid;b\n1;2\n3;4\n', "delimiter ;, header on line 2", [("1", "2"), ("3", "4")], id="lost quote"
        ),
        pytest.param('\n\n"id\n",b\n1,2\n', "delimiter ,, header on line 3", [("1", "2")], id="line feed in header"),
        pytest.param(
            "'id','b'\n'1','x,y'\n", "delimiter ,, quote ', header on line 1", [("1", "x,y")], id="apostrophes"
        ),
        pytest.param("id\n1\n\n3\n", "one column, header on line 1", [("1",), (None,), ("3",)], id="one column"),
        pytest.param(
            "id\nSmith, John\nDoe, Jane\n",
            "one column, header on line 1",
            [("Smith, John",), ("Doe, Jane",)],
            id="commas",
        ),
        pytest.param(
            'id,b\n1,"say \\"hi\\", ok"\n2,x\n',
            "delimiter ,, quotes escaped by a backslash, header on line 1",
            [("1", 'say "hi", ok'), ("2", "x")],
            id="backslash",
        ),
        pytest.param(
            'id\tb\n1\t"hi" he said\n2\t"open\n3\tx\n',
            "delimiter tab, no quoting, header on line 1",
            [("1", '"hi" he said'), ("2", '"open'), ("3", "x")],
            id="no quoting",
        ),
        pytest.param(
            'id,b\r1,2\r3,"x\ny"\r', "delimiter ,, header on line 1", [("1", "2"), ("3", "x\ny")], id="old Mac"
        ),
        pytest.param(
            'id,path\n1,"C:\\dir\\"\n2,"D:\\"\n',
            "delimiter ,, header on line 1",
            [("1", "C:\\dir\\"), ("2", "D:\\")],
            id="paths",
        ),
    ],
)
def test_the_layout_is_found(land: Land, text: str, note: str, rows: list[tuple[str, ...]]) -> None:
    landed = land(text)
    assert landed.export.notes == [f"utf-8, {note}"]
    assert landed.rows == rows


def test_the_needed_names_decide(land: Land) -> None:
    """A title may hold one of the names, and another delimiter may cut more evenly."""
    text = "date|of|export\ndate;from\n\nid;date;note\n1;2026;a|b|c\n2;2026;d|e|f\n"
    landed = land(text, ("id", "date", "note"))
    assert landed.rows == [("1", "2026", "a|b|c"), ("2", "2026", "d|e|f")]


def test_the_layout_is_found_without_needs(land: Land) -> None:
    landed = land("Export of the day\n\nid;amount;label\n1;2,50;a, b\n2;3,50;c\n", ())
    assert landed.columns == ["id", "amount", "label"]
    assert landed.rows[0] == ("1", "2,50", "a, b")


@pytest.mark.parametrize("needs", [(), ("column0", "COLUMN2")])
def test_a_file_without_header_is_told_by_its_values(land: Land, needs: tuple[str, ...]) -> None:
    landed = land("101,2026-03-05 10:00,x\n102,2026-03-05 11:00,y\n", needs)
    assert landed.columns == ["column0", "column1", "column2"]
    assert landed.column("column0") == ["101", "102"]
    assert "no header" in landed.export.notes[0]


def test_names_are_no_values(land: Land) -> None:
    assert land("column0,column1\n1,2\n", ("column0",)).rows == [("1", "2")]


def test_options_win(land: Land) -> None:
    assert land("a;b,c\n1;2,3\n", ("a;b",), delimiter=",").rows == [("1;2", "3")]
    assert land("id,b\n1,|x,y|\n", quote="|").rows == [("1", "x,y")]
    assert land('id,b\n1,"x\n', quote="none").rows == [("1", '"x')]
    assert land("id,b\n1,2\n", ("column0",), header=False).rows == [("id", "b"), ("1", "2")]
    assert land("id,b\nx,y\nid,c\n1,2\n", header=3).columns == ["id", "c"]
    assert land("101,102\n1,2\n", (), header=True).columns == ["101", "102"]
    assert land("id;b\n1;2\n", format="csv", name="export.dat").rows == [("1", "2")]


def test_a_header_line_that_does_not_exist(land: Land) -> None:
    with pytest.raises(SourceError, match="no record begins on line 9"):
        land("id,b\n1,2\n", header=9)


@pytest.mark.parametrize("content", [b"\n\n \r\n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", "\n".encode("utf-16")])
def test_nothing_but_blanks(land: Land, content: bytes) -> None:
    with pytest.raises(SourceError, match="it holds nothing but blanks"):
        land(content)


def test_an_empty_file(land: Land) -> None:
    with pytest.raises(SourceError, match="it is empty"):
        land(b"")


@pytest.mark.parametrize("text", ["id,b\n", "id,b", "id,b\r\n\r\n"])
def test_a_header_and_nothing_else(land: Land, text: str) -> None:
    landed = land(text)
    assert (landed.columns, landed.rows, landed.export.unparsed) == (["id", "b"], [], [])


def test_a_missing_column(land: Land) -> None:
    with pytest.raises(SourceError) as error:
        land("Export\n\nid;begin_time\n1;2\n", ("id", "begintime"))
    assert error.value.text() == (
        "error: export.csv: there is no column `begintime`\n"
        "      = did you mean `begin_time`?; the columns on line 3 are: id, begin_time"
    )


@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        (b"PK\x03\x04" + bytes(100), "it looks like a ZIP archive or an Excel workbook", "format: excel"),
        (b"PAR1" + bytes(100) + b"PAR1", "it looks like a Parquet file", "format: parquet"),
        (bytes(range(256)) * 8, "it holds bytes no text has", "fetch it again"),
        ("id;b\n1;2\n".encode("utf-16-le"), "it holds bytes no text has", "encoding: utf-16-le"),
    ],
)
def test_what_is_no_text(land: Land, content: bytes, said: str, hint: str) -> None:
    with pytest.raises(SourceError, match=re.escape(f"this is no text file: {said}")) as error:
        land(content)
    assert hint in error.value.hint


def test_the_header_may_stand_beyond_what_one_would_look_at_by_eye(land: Land) -> None:
    landed = land("".join(f"note {number}\n" for number in range(25)) + "id,b\n1,2\n")
    assert (landed.rows, landed.export.locate([1])) == ([("1", "2")], {1: (27, "1,2")})
