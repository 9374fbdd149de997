"""One table with every awkward value, one golden file per format and language, bytes compared.

`PYTHONPATH=.:tests python tests/render/test_golden.py` writes the files anew; read the difference before keeping it.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from awkward import AWKWARD

from omnictl.render import TEXTS, write

GOLDEN = Path(__file__).parent / "golden"
SUFFIX = {"table": "txt"}
NAMES = [(format, lang) for format in TEXTS for lang in ("en", "fr") if lang == "en" or format in ("table", "md")]
EXCEL_FR = GOLDEN / "awkward.excel-fr.csv"


def written(format: str, lang: str) -> bytes:
    out = io.StringIO(newline="")
    write(AWKWARD, format, out, lang=lang)
    return out.getvalue().encode()


def in_french_excel() -> bytes:
    out = io.StringIO(newline="")
    write(AWKWARD, "csv", out, csv="excel-fr")
    return out.getvalue().encode()


def golden(format: str, lang: str) -> Path:
    return GOLDEN / f"awkward.{lang}.{SUFFIX.get(format, format)}"


@pytest.mark.parametrize(("format", "lang"), NAMES)
def test_every_format_is_byte_for_byte_what_it_was(format: str, lang: str) -> None:
    assert written(format, lang).decode() == golden(format, lang).read_bytes().decode()


def test_french_excel_gets_byte_for_byte_what_it_got() -> None:
    assert in_french_excel() == EXCEL_FR.read_bytes()


@pytest.mark.parametrize("format", ["csv", "json", "jsonl"])
def test_what_programs_read_does_not_depend_on_the_language(format: str) -> None:
    assert written(format, "en") == written(format, "fr")


if __name__ == "__main__":
    for each in NAMES:
        golden(*each).write_bytes(written(*each))
    EXCEL_FR.write_bytes(in_french_excel())
