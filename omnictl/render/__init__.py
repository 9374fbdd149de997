"""Tables in the formats people and programs read.

`table` and `md` are for people: figures in the language asked for, labels as headings. `csv`, `json` and `jsonl`
are for programs: names as headings, full precision, ratios as fractions, ISO times. `parquet` is for programs and
`xlsx` for people; both are files, not text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from omnictl.render.table import Col, Table

TEXTS = ("table", "csv", "json", "jsonl", "md")
FILES = ("parquet", "xlsx")
FORMATS = (*TEXTS, *FILES)
CSV_STYLES = ("plain", "excel-fr")

__all__ = ["CSV_STYLES", "FILES", "FORMATS", "TEXTS", "Col", "Table", "write", "write_file"]


def write(table: Table, format: str, out: TextIO, *, lang: str = "en", csv: str = "plain") -> None:
    """Write the rows of a table, without its title and notes, to a text stream that takes UTF-8.

    Args:
        format: one of `TEXTS`.
        lang: `en` or `fr`; only the formats for people depend on it.
        csv: one of `CSV_STYLES`; the stream must not translate line ends.
    """
    if format == "csv":
        from omnictl.render.delimited import write_csv

        write_csv(table, out, csv)
    elif format == "json":
        from omnictl.render.rows import write_json

        write_json(table, out)
    elif format == "jsonl":
        from omnictl.render.rows import write_jsonl

        write_jsonl(table, out)
    else:
        from omnictl.render.page import write_markdown, write_table

        (write_markdown if format == "md" else write_table)(table, out, lang)


def write_file(
    tables: Sequence[Table],
    format: str,
    file: Path,
    *,
    lang: str = "en",
    definitions: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """Write tables as a file of one of `FILES`, with the definitions of the KPIs they hold.

    Returns:
        What must be told of it.

    Raises:
        OmnictlError: the format cannot hold the tables, or the file cannot be written.
    """
    if format == "xlsx":
        from omnictl.render.workbook import write_workbook

        return write_workbook(tables, file, lang, definitions)
    from omnictl.errors import OmnictlError
    from omnictl.render.parquet import write_parquet

    if len(tables) != 1:
        titles = ", ".join(table.title for table in tables)
        raise OmnictlError(f"a Parquet file holds one table, here are {len(tables)}: {titles}", hint="--format xlsx")
    write_parquet(tables[0], file, definitions)
    return []
