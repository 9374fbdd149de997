"""costs: what an interaction costs by the rate card, as `build` works it out."""

from __future__ import annotations

from omnictl.relations.column import DECIMAL, SOURCE, TEXT, Column, Relation

COSTS = Relation(
    name="costs",
    one_row_is="one interaction that the rate card covers; the others have no row",
    key=("source", "interaction_id"),
    at="",
    owner=("source", "interaction_id"),
    written_by="derived",
    columns=(
        SOURCE,
        Column("interaction_id", TEXT, "the interaction", required=True),
        Column("cost", DECIMAL, "its cost by the rate of its channel and solution on its day", "EUR", required=True),
    ),
)
