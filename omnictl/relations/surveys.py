"""surveys: one question put to one person."""

from __future__ import annotations

from omnictl.relations.column import DECIMAL, SOURCE, TEXT, TIME, Column, Relation

SURVEYS = Relation(
    name="surveys",
    one_row_is="one question put to one person",
    key=("source", "survey_id"),
    at="answered_at",
    owner=("interaction_source", "interaction_id"),
    columns=(
        SOURCE,
        Column("survey_id", TEXT, "the tool's own id of the question put", required=True),
        Column("interaction_source", TEXT, "source of the interaction asked about"),
        Column("interaction_id", TEXT, "the interaction asked about"),
        Column("subject", TEXT, "what was asked about when it is no interaction"),
        Column("wave", TEXT, "wave of a relational survey"),
        Column("channel", TEXT, "channel asked about; that of its interaction when empty"),
        Column("invite_channel", TEXT, "channel of the invitation"),
        Column("language", TEXT, "language of the survey"),
        Column("invited_at", TIME, "when the invitation was sent", "UTC"),
        Column("answered_at", TIME, "when it was answered", "UTC"),
        Column("question", TEXT, "what was asked", required=True, among=("nps", "csat", "ces", "helpful")),
        Column("scope", TEXT, "the relation as a whole, or one interaction", among=("relational", "transactional")),
        Column(
            "scale",
            TEXT,
            "the scale, which also fixes the better end: nps_0_10, csat_1_5, effort_1_5, ease_1_5, ease_1_7, good_bad "
            "or any text",
        ),
        Column("score", DECIMAL, "the answer on its scale; good is 1, bad is 0", "points"),
        Column("comment", TEXT, "the customer's words", personal=True),
    ),
)
