"""candidates: who an interaction without a certain person may be of, as `link` learns it from those that have one."""

from __future__ import annotations

from omnictl.relations.column import PERSON, SHARE, SOURCE, TEXT, Column, Relation

CANDIDATES = Relation(
    name="candidates",
    one_row_is="an interaction nobody is certain of, and a person it may be of",
    key=("source", "interaction_id", "person_id"),
    at="",
    owner=("source", "interaction_id"),
    written_by="derived",
    columns=(
        SOURCE,
        Column("interaction_id", TEXT, "the interaction", required=True),
        PERSON,
        Column(
            "probability",
            SHARE,
            "how likely it is that person's; those of one interaction add up to at most 1, the rest is nobody known",
            required=True,
        ),
        Column("pattern", TEXT, "what agrees and what differs, in words", required=True),
    ),
)
