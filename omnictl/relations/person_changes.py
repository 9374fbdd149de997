"""person_changes: people who became one, or more than one, when new interactions were linked."""

from __future__ import annotations

from omnictl.relations.column import BIGINT, COUNT, PERSON, TEXT, TIME, Column, Relation

PERSON_CHANGES = Relation(
    name="person_changes",
    one_row_is="interactions that went from one person to another in one run",
    key=("run_id", "was", "person_id"),
    at="changed_at",
    written_by="derived",
    columns=(
        Column("run_id", TEXT, "the run that linked them anew", required=True),
        Column("changed_at", TIME, "when it did", "UTC", required=True),
        Column(
            "change",
            TEXT,
            "merged: several people became one; split: one became several; renamed: one has another id; lost: none now",
            required=True,
            among=("merged", "split", "renamed", "lost"),
        ),
        Column("was", BIGINT, "the person they belonged to; shown as 16 hex digits", required=True, of_person=True),
        PERSON,
        Column("interactions", COUNT, "how many interactions went", "count", required=True),
    ),
)
