"""Lines are counted alike however the bytes come."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from omnictl.connectors import counting
from omnictl.connectors.counting import LineCount, Lines, filled_lines

TEXTS = {
    b"": Lines(),
    b"a,b\n1,2\n": Lines(total=2, outside_quotes=2),
    b"a,b\n1,2": Lines(total=2, outside_quotes=2),
    b"a,b\r\n\r\n1,2\r\n": Lines(total=3, outside_quotes=3),
    b'a,"x\ny"\n1,2\n': Lines(total=3, outside_quotes=2, quoted=True),
    b'a,"x\r\n""\n"\r\n"",""': Lines(total=4, outside_quotes=2, quoted=True),
    b'a,"""\n"""\n1,2\n': Lines(total=3, outside_quotes=2, quoted=True),
    b'a,b\n1,"x\n2,y\n': Lines(total=3, outside_quotes=1, quoted=True, unclosed=True),
    b"a\rb\r": Lines(total=1, outside_quotes=1, carriage_returns=True),
    b'a,"x\ry"\r\n': Lines(total=1, outside_quotes=1, quoted=True, carriage_returns=True),
}


@pytest.mark.parametrize(("text", "lines"), TEXTS.items())
def test_lines_whatever_the_pieces(text: bytes, lines: Lines) -> None:
    for size in range(1, len(text) + 2):
        count = LineCount()
        for start in range(0, len(text), size):
            count.add(text[start : start + size])
        assert count.lines() == replace(lines, size=len(text)), size


@pytest.mark.parametrize(
    ("text", "quoted", "plain"),
    [
        (b"a,b\n\n1,2\n\n\n3,4", 3, 3),
        (b"\r\n\r\na,b\r\n\r\n1,2\r\n", 2, 2),
        (b'a,"x\n\n,y"\n1,2\n', 2, 3),
        (b'"a","b"\n"",""\n', 2, 2),
    ],
)
def test_lines_that_are_not_blank(monkeypatch: pytest.MonkeyPatch, text: bytes, quoted: int, plain: int) -> None:
    for size in range(1, len(text) + 2):
        monkeypatch.setattr(counting, "CHUNK", size)
        assert filled_lines(io.BytesIO(text), quoting=True) == quoted
        assert filled_lines(io.BytesIO(text), quoting=False) == plain
