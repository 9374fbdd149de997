"""followups: what the same person does next, and did before, by family."""

from __future__ import annotations

from collections.abc import Iterator

from omnictl.relations.column import BIGINT, BOOLEAN, COUNT, DECIMAL, PERSON, SHARE, SOURCE, TEXT, Column, Relation
from omnictl.relations.families import FAMILIES, Family


def _columns(family: Family) -> Iterator[Column]:
    name, side = family.name, "start" if family.back else "end"
    whose = f"of {family.meaning}"
    yield Column(f"{name}_key", BIGINT, f"`key` {whose}; NULL when there is none")
    yield Column(
        f"{name}_gap_s",
        DECIMAL,
        "from the end of the earlier (its start where that is unknown) to the later's start",
        "s",
    )
    yield Column(
        f"{name}_days",
        COUNT,
        "local calendar days from the end of the earlier to the later's start; 0: same day",
        "days",
    )
    yield Column(f"{name}_overlap", BOOLEAN, "whether the later began before the earlier ended")
    yield Column(
        f"{name}_observed_s",
        DECIMAL,
        f"how long from this one's {side} lies inside the data of the sources looked at; negative: outside",
        "s",
    )
    yield Column(
        f"{name}_observed_days",
        COUNT,
        f"how many whole local days from this one's {side} lie inside that data; 0: the rest of its day",
        "days",
    )
    for shown in family.shown:
        yield Column(f"{name}_{shown}", TEXT, f"{shown} {whose}")


FOLLOWUPS = Relation(
    name="followups",
    one_row_is="one interaction and, by family, the nearest other of the same person",
    key=("source", "interaction_id"),
    at="",
    owner=("source", "interaction_id"),
    written_by="derived",
    columns=(
        SOURCE,
        Column("interaction_id", TEXT, "the interaction", required=True),
        Column("key", BIGINT, "its number, which the families' keys name: unique, growing with a person's order"),
        PERSON,
        Column("weight", SHARE, "how sure the link is: 1 for certain ones", "share"),
        *(column for family in FAMILIES.values() for column in _columns(family)),
    ),
)
