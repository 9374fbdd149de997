"""identifiers: one identifier seen on an interaction or a survey."""

from __future__ import annotations

from omnictl.relations.column import BIGINT, SOURCE, TEXT, Column, Relation

IDENTIFIERS = Relation(
    name="identifiers",
    one_row_is="one identifier seen on an interaction or a survey",
    key=("source", "owner", "owner_id", "kind", "value"),
    at="",
    columns=(
        SOURCE,
        Column("owner", TEXT, "what carried it", required=True, default="interaction", among=("interaction", "survey")),
        Column("owner_id", TEXT, "id of the interaction or survey that carried it", required=True),
        Column("kind", TEXT, "customer_id, email, token, cookie, phone, or any other kind", required=True),
        Column(
            "value",
            BIGINT,
            "keyed pseudonym: first 8 bytes of HMAC-SHA256 of kind and normalised value",
            personal=True,
            required=True,
        ),
    ),
)
