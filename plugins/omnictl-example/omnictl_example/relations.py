"""A relation of the plugin's own: more rows for KPIs to judge. `omnictl show agent_breaks` shows them."""

from __future__ import annotations

from omnictl.relations import Column, Relation
from omnictl.relations.column import BOOLEAN, SOURCE, TEXT, TIME

AGENT_BREAKS = Relation(
    name="agent_breaks",
    one_row_is="one break of one agent",
    key=("source", "break_id"),  # two records with the same key are two versions of one row: the later stands
    at="started_at",  # the column that places a row in time
    columns=(
        SOURCE,
        Column("break_id", TEXT, "the break's id", required=True),  # a record without it is a reject
        Column("agent", TEXT, "who took it", required=True),
        Column("started_at", TIME, "when it began", "UTC", required=True),
        Column("ended_at", TIME, "when it ended", "UTC"),
        Column("reason", TEXT, "why, in the tool's words"),
        Column("planned", BOOLEAN, "whether breaks of that reason are planned"),
    ),
)
