"""base: customers exposed in a period."""

from __future__ import annotations

from omnictl.relations.column import DATE, DECIMAL, SOURCE, TEXT, Column, Relation

BASE = Relation(
    name="base",
    one_row_is="the customers of one segment exposed in one period",
    key=("source", "period_start", "segment"),
    at="period_start",
    columns=(
        SOURCE,
        Column("period_start", DATE, "first local day of the period", required=True),
        Column("segment", TEXT, "segment of customers, '' for all", required=True, default=""),
        Column("period_end", DATE, "local day after the last"),
        Column("active", DECIMAL, "customers, contracts or orders exposed", "count"),
    ),
)
