"""Figures as people read them, and states in their place."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from omnictl.render import Col, Table, write
from omnictl.render.figures import figure


@pytest.mark.parametrize(
    ("value", "unit", "english", "french"),
    [
        (0.783, "ratio", "78.3%", "78,3\u202f%"),
        (0.7835, "ratio", "78.4%", "78,4\u202f%"),  # halves go away from zero, as people round
        (Decimal("-0.0005"), "ratio", "-0.1%", "-0,1\u202f%"),
        (-0.0004, "ratio", "0.0%", "0,0\u202f%"),
        (41208, "count", "41,208", "41\u202f208"),
        (2.5, "count", "2.50", "2,50"),
        (Decimal("1253.450"), "seconds", "1,253.5 s", "1\u202f253,5\u202fs"),
        (-12.5, "eur", "-€12.50", "-12,50\u202f€"),
        (32.44, "score", "32.4", "32,4"),
        (0.014, "pt", "+1.4 pt", "+1,4\u202fpt"),
        (-0.0235, "pt", "-2.4 pt", "-2,4\u202fpt"),
        (-0.0004, "pt", "0.0 pt", "0,0\u202fpt"),
        (1234567, "count", "1,234,567", "1\u202f234\u202f567"),
        (12.4, "eur", "€12.40", "12,40\u202f€"),
        (2026, "", "2026", "2026"),
        (None, "ratio", "", ""),
        ("text", "ratio", "text", "text"),
        (float("nan"), "ratio", "nan", "nan"),
    ],
)
def test_figures(value: object, unit: str, english: str, french: str) -> None:
    assert figure(value, unit, "en") == english
    assert figure(value, unit, "fr") == french


def written(table: Table, format: str) -> str:
    out = io.StringIO()
    write(table, format, out, lang="en")
    return out.getvalue()


STATED = Table(
    [Col("channel"), Col("rate", "ratio", "Rate"), Col("rate_state"), Col("my_state")],
    [("phone", 0.5, None, "x"), ("email", None, "not_defined", None), ("chat", 0.25, "partial", "y")],
)


def test_people_read_a_state_in_the_cell_of_its_figure() -> None:
    assert written(STATED, "table").splitlines() == [
        "channel             Rate  my_state",
        "---------  -------------  ----------",
        "phone              50.0%  x",
        "email        not_defined",
        "chat       25.0% partial  y",
    ]
    assert "| email | not_defined |  |" in written(STATED, "md")
    assert "| chat | 25.0% partial | y |" in written(STATED, "md")


def test_programs_read_a_state_in_its_own_column() -> None:
    assert written(STATED, "csv").splitlines()[0] == "channel,rate,rate_state,my_state"
    assert '"rate_state": "partial"' in written(STATED, "json")
