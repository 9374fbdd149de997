"""rejects: one record that could not be used."""

from __future__ import annotations

from omnictl.relations.column import BIGINT, SOURCE, TEXT, Column, Relation

REJECTS = Relation(
    name="rejects",
    one_row_is="one record that could not be used; its raw text lies outside the published store",
    key=("source", "file", "record"),
    at="",
    written_by="omnictl",
    columns=(
        SOURCE,
        Column("file", TEXT, "the file, as the workspace names it", required=True),
        Column("record", BIGINT, "position of the record in its file, from 1, headers not counted", required=True),
        Column("line", BIGINT, "line of the file, or row of the sheet, where it begins"),
        Column("column", TEXT, "our column that could not be filled"),
        Column("reason", TEXT, "what was wrong", required=True),
    ),
)
