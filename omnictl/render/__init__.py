"""Tables in the formats people and programs read.

`table` and `md` are for people: figures in the language asked for, labels as headings. `csv`, `json` and `jsonl`
are for programs: names as headings, full precision, ratios as fractions, ISO times.
"""

from __future__ import annotations

from typing import TextIO

from omnictl.render.table import Col, Table

FORMATS = ("table", "csv", "json", "jsonl", "md")

__all__ = ["FORMATS", "Col", "Table", "write"]


def write(table: Table, format: str, out: TextIO, *, lang: str = "en") -> None:
    """Write the rows of a table, without its title and notes, to a text stream that takes UTF-8.

    Args:
        format: one of `FORMATS`.
        lang: `en` or `fr`; only the formats for people depend on it.
    """
    if format == "csv":
        from omnictl.render.delimited import write_csv

        write_csv(table, out)
    elif format == "json":
        from omnictl.render.rows import write_json

        write_json(table, out)
    elif format == "jsonl":
        from omnictl.render.rows import write_jsonl

        write_jsonl(table, out)
    else:
        from omnictl.render.page import write_markdown, write_table

        (write_markdown if format == "md" else write_table)(table, out, lang)
