"""needs: a person's interactions for one intent, cut where the silence was long enough."""

from __future__ import annotations

from omnictl.relations.column import BOOLEAN, COUNT, DECIMAL, PERSON, TEXT, TIME, Column, Relation

NEEDS = Relation(
    name="needs",
    one_row_is="one chain of a person's interactions for one intent",
    key=("need_id",),
    at="first_at",
    owner=("first_source", "first_interaction_id"),
    written_by="derived",
    columns=(
        Column("need_id", TEXT, "scope, source and id of its first interaction", required=True),
        Column(
            "scope",
            TEXT,
            "all: every interaction counts; assisted: contacts on assisted channels only, cut anew",
            required=True,
            among=("all", "assisted"),
        ),
        PERSON,
        Column("intent", TEXT, "why the customer came", required=True),
        Column("first_source", TEXT, "source of its first interaction", required=True),
        Column("first_interaction_id", TEXT, "its first interaction", required=True),
        Column("first_at", TIME, "when that began", "UTC", required=True),
        Column(
            "last_end", TIME, "when its last interaction ended, or began where no end is known", "UTC", required=True
        ),
        Column("interactions", COUNT, "interactions", "count", required=True),
        Column("contacts", COUNT, "of them contacts", "count", required=True),
        Column("channels", COUNT, "different channels", "count", required=True),
        Column("modes", COUNT, "different modes", "count", required=True),
        Column("switched", BOOLEAN, "whether there are several channels", required=True),
        Column(
            "resolved_first",
            BOOLEAN,
            "one interaction only, handled or self-served, not declared unresolved; NULL when the outcome is unknown",
        ),
        Column("resolved", BOOLEAN, "its last interaction handled or self-served, and not declared unresolved"),
        Column("closed", BOOLEAN, "whether the whole silence after its end lies inside the data", required=True),
        Column("duration_s", DECIMAL, "from its first start to its last end", "s", required=True),
        Column("cost", DECIMAL, "cost of its interactions by the rate card; NULL where a rate is missing", "EUR"),
    ),
)
