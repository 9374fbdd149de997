"""Durations as exports write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from omnictl.connectors import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", "90"), ("1,5", "1.5"), ("01:30", "90"), ("00:01:30", "90"), ("25:00:00", "90000"), ("-1:30", "-90")],
)
def test_what_is_a_duration(text: str, expected: str) -> None:
    assert seconds(text) == Decimal(expected)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_nothing_is_none(text: str | None) -> None:
    assert seconds(text) is None


@pytest.mark.parametrize("text", ["--", "1:75", "1:60:00", "nan", "inf", "12 s", "1:2:3:4"])
def test_what_is_none_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        seconds(text)
