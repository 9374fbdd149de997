"""levels: how many conversations were open at once, of a queue and of an agent."""

from __future__ import annotations

from omnictl.relations.column import COUNT, DECIMAL, SOURCE, TEXT, TIME, Column, Relation

LEVELS = Relation(
    name="levels",
    one_row_is="a stretch with a constant number of open conversations, cut at UTC quarter-hours",
    key=("source", "channel", "scope", "queue", "agent", "started_at"),
    at="started_at",
    written_by="derived",
    columns=(
        SOURCE,
        Column("channel", TEXT, "the channel", required=True),
        Column(
            "scope",
            TEXT,
            "queue: conversations of one queue; agent: those of one agent over all queues",
            required=True,
            among=("queue", "agent"),
        ),
        Column("queue", TEXT, "the queue; NULL in scope agent"),
        Column("agent", TEXT, "the agent; NULL in scope queue"),
        Column("started_at", TIME, "when the stretch began", "UTC", required=True),
        Column("ended_at", TIME, "when it ended", "UTC", required=True),
        Column("duration_s", DECIMAL, "its length", "s", required=True),
        Column("open", COUNT, "conversations open at once; never 0", "count", required=True),
    ),
)
