"""steps: one event inside an interaction."""

from __future__ import annotations

from omnictl.relations.column import BOOLEAN, COUNT, DECIMAL, SHARE, SOURCE, TEXT, TIME, Column, Relation

STEPS = Relation(
    name="steps",
    one_row_is="one event inside an interaction",
    key=("source", "step_id"),
    at="occurred_at",
    owner=("source", "interaction_id"),
    columns=(
        SOURCE,
        Column("step_id", TEXT, "the tool's own id of the event", required=True),
        Column("interaction_id", TEXT, "the interaction it happened in", required=True),
        Column("occurred_at", TIME, "when it happened", "UTC", required=True),
        Column("seq", COUNT, "position within the interaction, from 1", "count"),
        Column("is_last", BOOLEAN, "whether it is the last event of its interaction"),
        Column(
            "type",
            TEXT,
            "what happened",
            required=True,
            among=(
                "page",
                "article",
                "search",
                "form_start",
                "form_field",
                "form_submit",
                "form_error",
                "login",
                "ivr_node",
                "bot_turn",
                "message",
                "vote",
                "action",
                "error",
            ),
        ),
        Column("object", TEXT, "page, article, form, field, node or act"),
        Column(
            "result",
            TEXT,
            "what came of it: KPIs look for success and failure of logins and forms, fallback, slot, small_talk and "
            "handover of bot turns",
        ),
        Column("value", DECIMAL, "a figure of the event: results found, amount, vote (above 0: it helped)"),
        Column("intent", TEXT, "intent of the event, a name of the referential"),
        Column("confidence", SHARE, "how sure a bot was of the intent", "0 to 1"),
        Column(
            "part_kind",
            TEXT,
            "which part of an interaction it belongs to",
            among=("form", "menu", "dialogue", "search"),
        ),
        Column("part_id", TEXT, "the part, by an id that is unique within its interaction"),
        Column("part_last", BOOLEAN, "whether it is the last event of its part"),
        Column("part_done", BOOLEAN, "whether the part was completed, on each of its events; NULL while it is open"),
    ),
)
