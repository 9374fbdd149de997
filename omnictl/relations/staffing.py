"""staffing: one interval of one queue or agent."""

from __future__ import annotations

from omnictl.relations.column import DECIMAL, SOURCE, TEXT, TIME, Column, Relation

STAFFING = Relation(
    name="staffing",
    one_row_is="one interval of one queue or agent",
    key=("source", "queue", "agent", "interval_start"),
    at="interval_start",
    columns=(
        SOURCE,
        Column("queue", TEXT, "the queue, '' when the interval is an agent's", required=True, default=""),
        Column("agent", TEXT, "the agent, '' when the interval is a queue's", required=True, default=""),
        Column("interval_start", TIME, "when the interval begins", "UTC", required=True),
        Column("interval_s", DECIMAL, "length of the interval", "s"),
        Column("staffed_s", DECIMAL, "time logged in", "s"),
        Column("handling_s", DECIMAL, "time spent on contacts", "s"),
        Column("idle_s", DECIMAL, "time free for a contact", "s"),
        Column("paid_s", DECIMAL, "time paid", "s"),
    ),
)
