"""What was learned of probable links, as tables: patterns, levels of fields, calibration, thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.store import read_meta
from omnictl.identity.probable.rules import FOLDS, MATCHES
from omnictl.render.table import Col, Table

if TYPE_CHECKING:
    import duckdb

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
LEFT_OUT = "left out of candidates"  # in meta, a line each
HELD = f"of known people held back, one in {FOLDS}, that nothing was learned from"


def patterns(connection: duckdb.DuckDBPyConnection) -> Table:
    """One row per pattern of agreement that was seen, the likeliest first."""
    rows = connection.execute(
        """
        select kind, pattern, pairs, matches, m, u, log2(m / nullif(u, 0)), probability, held_pairs, held_matches
        from learned_patterns order by kind, odds desc, pairs desc, pattern
        """
    ).fetchall()
    columns = [Col("kind"), Col("pattern"), Col("pairs", "count"), Col("matches", "count"), Col("m"), Col("u")]
    columns += [Col("weight"), Col("probability"), Col("held_pairs", "count"), Col("held_matches", "count")]
    found = [(*row[:4], *map(_short, row[4:8]), *row[8:]) for row in rows]
    notes = [
        "probability: of one pair alone, before the candidates of an interaction share what there is",
        "weight: log2 of m / u, the shares of pairs of one person and of two people that agree so, field by field",
    ]
    return Table(columns, found, "Patterns of agreement", [*_silent(connection), *notes])


def levels(connection: duckdb.DuckDBPyConnection) -> Table:
    """One row per level of agreement of each field: how many pairs show it, and what it is worth."""
    rows = connection.execute(
        """
        select kind, field, level, pairs, matches, m, u, log2(m / nullif(u, 0))
        from learned_levels order by kind, place, m / nullif(u, 0) desc, level
        """
    ).fetchall()
    columns = [Col("kind"), Col("field"), Col("level"), Col("pairs", "count"), Col("matches", "count")]
    columns += [Col("m"), Col("u"), Col("weight")]
    found = [(*row[:5], *map(_short, row[5:])) for row in rows]
    notes = ["m: share of the pairs of one person that agree so; u: of two people; weight: log2 of m / u"]
    return Table(columns, found, "What agreement is worth", [*_silent(connection), *notes])


def calibration(connection: duckdb.DuckDBPyConnection) -> Table:
    """One row per tenth of probability and kind: what was predicted of pairs held back, and what was so."""
    rows = connection.execute(
        """
        select kind, cast(floor(twentieth / 2.0) as integer) as tenth, sum(pairs)::bigint, sum(predicted)::double,
            sum(matches)::bigint
        from learned_held group by kind, tenth order by kind, tenth
        """
    ).fetchall()
    found = []
    for kind, tenth, pairs, predicted, matches in rows:
        span = f"{tenth / 10:.1f}-{(tenth + 1) / 10:.1f}"
        found.append((kind, span, pairs, matches, _short(predicted / pairs), _short(matches / pairs)))
    columns = [Col("kind"), Col("probability"), Col("pairs", "count"), Col("matches", "count")]
    columns += [Col("predicted"), Col("observed")]
    return Table(columns, found, f"Calibration {HELD}", _silent(connection))


def thresholds(connection: duckdb.DuckDBPyConnection) -> Table:
    """One row per threshold and kind: how often a candidate as likely is the person (precision), and how many of the
    interactions held back have theirs among such candidates (recall)."""
    held = connection.execute(
        "select split_part(kind, ' ', 1), max(held) from learned_kinds group by split_part(kind, ' ', 1) order by 1"
    ).fetchall()
    found = []
    for kind, interactions in held:
        for least in THRESHOLDS:
            ((pairs, matches),) = connection.execute(
                """
                select coalesce(sum(pairs), 0)::bigint, coalesce(sum(matches), 0)::bigint from learned_held
                where split_part(kind, ' ', 1) = $kind and twentieth >= $least
                """,
                {"kind": kind, "least": round(least * 20)},
            ).fetchall()
            precision = _short(matches / pairs) if pairs else None
            recall = _short(matches / interactions) if interactions else None
            found.append((kind, least, pairs, matches, precision, recall))
    columns = [Col("kind"), Col("probability_from"), Col("candidates", "count"), Col("matches", "count")]
    columns += [Col("precision"), Col("recall")]
    notes = ["recall: of all interactions held back, also those whose person is nowhere else to be met"]
    return Table(columns, found, f"Precision and recall {HELD}", [*_silent(connection), *notes])


def _silent(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What has no candidates and why, and what the search left out."""
    rows = connection.execute(
        "select kind, matches from learned_kinds where not learned and asked > 0 order by kind"
    ).fetchall()
    told = [
        f"{kind}: no candidates, {n:,} pairs of one person are fewer than {MATCHES} to learn from" for kind, n in rows
    ]
    ((kinds,),) = connection.execute("select count(*) from learned_kinds").fetchall()
    if not kinds:
        told.append("nothing was learned: too few interactions of known people, or `identity: {probable: off}`")
    return told + (read_meta(connection, LEFT_OUT) or "").splitlines()


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
