"""decisions: one display of a contact page."""

from __future__ import annotations

from omnictl.relations.column import SOURCE, TEXT, TIME, Column, Relation

DECISIONS = Relation(
    name="decisions",
    one_row_is="one display of a contact page",
    key=("source", "decision_id"),
    at="occurred_at",
    columns=(
        SOURCE,
        Column("decision_id", TEXT, "id of the display", required=True),
        Column("occurred_at", TIME, "when it was displayed", "UTC", required=True),
        Column("session", TEXT, "the visit it was displayed in"),
        Column("scenario", TEXT, "the scenario that decided"),
        Column("version", TEXT, "version of the scenario"),
        Column("intent", TEXT, "the intent chosen, a name of the referential"),
        Column("context", TEXT, "the facts the scenario saw, as JSON"),
        Column("entry_point", TEXT, "where the page was entered from"),
        Column("device", TEXT, "kind of device"),
    ),
)
