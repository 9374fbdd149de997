"""runs: what one stage of one run did with one source."""

from __future__ import annotations

from omnictl.relations.column import BIGINT, TEXT, TIME, Column, Relation

# Runs in the order in which they were made: their ids end with their number. Clocks go back.
RUN_NUMBER = "try_cast(regexp_extract(run_id, '[0-9]+$') as bigint)"

RUNS = Relation(
    name="runs",
    one_row_is="one source and stage of one run",
    key=("run_id", "stage", "source"),
    at="started_at",
    written_by="omnictl",
    columns=(
        Column("run_id", TEXT, "the run: its start, in UTC, and a number", required=True),
        Column("stage", TEXT, "the stage", required=True, among=("ingest", "link", "build")),
        Column("source", TEXT, "name of the source in omnictl.yml; `all` for a stage over all of them", required=True),
        Column("started_at", TIME, "when the stage began", "UTC", required=True),
        Column("ended_at", TIME, "when the stage ended", "UTC"),
        Column("status", TEXT, "how it ended", among=("done", "unchanged", "failed", "missing", "too_many_rejects")),
        Column("message", TEXT, "what went wrong, or what is worth knowing"),
        Column("files", BIGINT, "files read", "count"),
        Column("records", BIGINT, "records read: used + rejected + superseded + filtered", "count"),
        Column("used", BIGINT, "records that stand in the relation", "count"),
        Column("rejected", BIGINT, "records that could not be used", "count"),
        Column("superseded", BIGINT, "records replaced by a newer version of themselves", "count"),
        Column("filtered", BIGINT, "records left out by `where`, or empty", "count"),
        Column("relation_rows", BIGINT, "rows written to relations", "count"),
        Column("unreadable_cells", BIGINT, "cells that became NULL because they could not be read", "count"),
    ),
)
