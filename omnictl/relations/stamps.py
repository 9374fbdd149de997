"""stamps: one rule of a tracking plan that a loaded row breaks."""

from __future__ import annotations

from omnictl.relations.column import SOURCE, TEXT, Column, Relation

RULES = ("value", "range", "missing", "unplanned")

STAMPS = Relation(
    name="stamps",
    one_row_is="one rule of the tracking plan that a loaded row breaks; the row counts in KPIs all the same",
    key=("source", "relation", "row_id", "rule", "column"),
    at="",
    written_by="omnictl",
    columns=(
        SOURCE,
        Column("relation", TEXT, "the relation of the row", required=True),
        Column("row_id", TEXT, "its key without the source, as it was read; parts of a key stand with | between them"),
        Column("event", TEXT, "the event of the plan; NULL of a row that none plans"),
        Column("plan", TEXT, "id of the plan", required=True),
        Column("version", TEXT, "version of the plan", required=True),
        Column(
            "rule",
            TEXT,
            "which kind of rule: a value that is none of the plan's, a number outside its range, a needed property "
            "that is missing, a channel or kind that no event plans",
            required=True,
            among=RULES,
        ),
        Column("column", TEXT, "our column, or identifier.KIND", required=True),
        Column("value", TEXT, "what stands there, its first 100 characters; NULL where the column is personal"),
    ),
)
