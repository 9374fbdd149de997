"""segments: one queue's or agent's part of a contact."""

from __future__ import annotations

from omnictl.relations.column import COUNT, DECIMAL, OUTCOMES, SOURCE, TEXT, TIME, Column, Relation

SEGMENTS = Relation(
    name="segments",
    one_row_is="one queue's or agent's part of a contact",
    key=("source", "segment_id"),
    at="started_at",
    owner=("source", "interaction_id"),
    columns=(
        SOURCE,
        Column("segment_id", TEXT, "the tool's own id of the part", required=True),
        Column("interaction_id", TEXT, "the contact it is part of", required=True),
        Column("seq", COUNT, "position within the contact, from 1", "count"),
        Column("kind", TEXT, "a stay in a queue, or the work of an agent", required=True, among=("queue", "agent")),
        Column("queue", TEXT, "the queue"),
        Column("agent", TEXT, "the agent"),
        Column("team", TEXT, "the agent's team"),
        Column("started_at", TIME, "when the part began", "UTC", required=True),
        Column("ended_at", TIME, "when the part ended", "UTC"),
        Column("outcome", TEXT, "how the part ended", among=OUTCOMES),
        Column("outcome_detail", TEXT, "the tool's own code of how the part ended"),
        Column("wait_s", DECIMAL, "time waited", "s"),
        Column("talk_s", DECIMAL, "conversation time", "s"),
        Column("hold_s", DECIMAL, "time on hold", "s"),
        Column("acw_s", DECIMAL, "after-contact work", "s"),
        Column("transfer_kind", TEXT, "how it was handed over (warm, cold, external)"),
        Column("transfer_to", TEXT, "queue, agent or number it was handed to"),
    ),
)
