"""offers: one solution shown in a display of a contact page."""

from __future__ import annotations

from omnictl.relations.column import BOOLEAN, COUNT, SHARE, SOURCE, TEXT, TIME, Column, Relation

OFFERS = Relation(
    name="offers",
    one_row_is="one solution shown in a display of a contact page",
    key=("source", "decision_id", "solution"),
    at="",
    columns=(
        SOURCE,
        Column("decision_id", TEXT, "the display it was shown in", required=True),
        Column("solution", TEXT, "the solution shown, a name of the referential", required=True),
        Column("position", COUNT, "its place on the page, from 1", "count"),
        Column("propensity", SHARE, "probability with which the rule shows it there", "0 to 1"),
        Column("recommended", BOOLEAN, "whether the page recommended it"),
        Column("chosen", BOOLEAN, "whether the customer chose it"),
        Column("entered_at", TIME, "when the customer entered it", "UTC"),
        Column("completed_at", TIME, "when the customer completed it", "UTC"),
    ),
)
