"""CSV that is safe in a spreadsheet, and CSV as Excel in French opens it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from omnictl.render import CSV_STYLES, Col, Table, write


def lines(style: str, *rows: tuple[Any, ...], columns: list[Col] | None = None) -> list[str]:
    out = io.StringIO(newline="")
    columns = columns or [Col(f"c{number}") for number in range(len(rows[0]))]
    write(Table(columns, list(rows)), "csv", out, csv=style)
    return out.getvalue().split("\r\n" if style == "excel-fr" else "\n")[1:-1]


@pytest.mark.parametrize("style", CSV_STYLES)
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_never_begins_like_a_formula(style: str, start: str) -> None:
    out = io.StringIO(newline="")
    write(Table([Col(start + "a"), Col("b")], [(start + "1+1", 1)]), "csv", out, csv=style)
    separator = ";" if style == "excel-fr" else ","
    head, row = csv.reader(io.StringIO(out.getvalue().removeprefix("\ufeff"), newline=""), delimiter=separator)
    assert head[0] == f"'{start}a"
    assert row == [f"'{start}1+1", "1"]


@pytest.mark.parametrize("style", CSV_STYLES)
@pytest.mark.parametrize("separator", [",", ";", "\t", "\n", "\r\n"])
def test_no_separator_lets_a_formula_begin_inside_a_text(style: str, separator: str) -> None:
    """Read with whatever separator, and without an eye for quotes, no cell begins like a formula."""
    text = f'note{separator}=HYPERLINK("http://x"){separator}+1{separator}@x'
    for line in "\n".join(lines(style, (1, text))).splitlines():
        own = ";" if style == "excel-fr" else ","
        for other in {",", ";", "\t"} - {own}:
            assert not [cell for cell in line.split(other) if cell.startswith(("=", "+", "@"))]


def test_numbers_are_never_touched() -> None:
    assert lines("plain", (-1, -0.5, Decimal("-2.50"), 1e-7)) == ["-1,-0.5,-2.50,1e-07"]
    assert lines("excel-fr", (-1, -0.5, Decimal("-2.50"), 41208)) == ["-1;-0,5;-2,50;41208"]


def test_what_french_excel_takes_for_a_day_a_time_or_a_truth() -> None:
    moments = (date(2026, 3, 9), datetime(2026, 3, 9, 7, 5), datetime(2026, 3, 9, 7, 5, 1, 250_000), True, False, None)
    assert lines("excel-fr", moments) == ["09/03/2026;09/03/2026 07:05:00;09/03/2026 07:05:01,250;VRAI;FAUX;"]
    assert lines("excel-fr", (datetime(2026, 3, 9, 7, tzinfo=UTC), float("-inf"))) == ["09/03/2026 07:00:00;'-inf"]


def test_the_file_begins_and_ends_as_excel_in_french_wants_it() -> None:
    out = io.StringIO(newline="")
    write(Table([Col("started_at", "UTC"), Col("libellé")], [(None, 'dit "a;b"')]), "csv", out, csv="excel-fr")
    assert out.getvalue() == '\ufeffstarted_at (UTC);libellé\r\n;"dit ""a;b"""\r\n'


def test_texts_with_commas_need_no_quotes_there() -> None:
    assert lines("excel-fr", ("1,5", "a, b", "")) == ['1,5;a, b;""']
