"""identities: the person each interaction certainly belongs to, as `link` makes them of identifiers."""

from __future__ import annotations

from omnictl.relations.column import PERSON, SOURCE, TEXT, Column, Relation

IDENTITIES = Relation(
    name="identities",
    one_row_is="one interaction and its person",
    key=("source", "interaction_id"),
    at="",
    owner=("source", "interaction_id"),
    written_by="derived",
    columns=(
        SOURCE,
        Column("interaction_id", TEXT, "the interaction", required=True),
        PERSON,
        Column(
            "link",
            TEXT,
            "certain: an identifier tells the person; none: there is no usable identifier, and no person",
            required=True,
            among=("certain", "none"),
        ),
        Column("via", TEXT, "kind of the strongest usable identifier of the interaction"),
    ),
)
