"""What was learned, kept from one link to the next: candidates of an increment are weighed as all others were.

    learned_worths  way, place, level, m, u     of each level of each field, `place` its place among the fields compared
    learned_odds    way, code, odds             of the patterns pairs were learned from, scaled; code: see `learning`
    learned_crowds  kind, value, people         values that more than CROWD people carry: at least so many

Weights hold as long as the store has the same fields, and fewer than a tenth more interactions than they were learned
of. What they say of a pattern nobody has shown yet is the product of its fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.engines.store import read_meta, write_meta
from omnictl.identity.probable.rules import CROWD, GROWN, VERSION, WAYS, Field
from omnictl.stages import stamp_of

if TYPE_CHECKING:
    import duckdb

LEARNED = "learned of probable links"  # in meta, when and of what
TABLES = ("learned_worths", "learned_odds", "learned_crowds")


def keep_weights(connection: duckdb.DuckDBPyConnection, fields: list[Field], parents: Mapping[str, str | None]) -> None:
    """Keep `worths` and `odds`, and what they were learned of."""
    connection.execute("insert into learned_worths select way, place, level, m, u from worths")
    connection.execute("insert into learned_odds select way, code, odds from odds where pairs > 0")
    kept = {"interactions": _interactions(connection), "settings": _settings(fields, parents)}
    write_meta(connection, LEARNED, json.dumps(kept))


def keep_crowds(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> None:
    """Keep the values that many people carry, of the `shared_…` of everybody."""
    connection.execute("delete from learned_crowds")
    for field in fields:
        if field.evidence:
            connection.execute(
                f"""
                insert into learned_crowds
                select {quoted(field.name)}, value, people from shared_{field.column} where people > {CROWD}
                """
            )


def weights_hold(connection: duckdb.DuckDBPyConnection, fields: list[Field], parents: Mapping[str, str | None]) -> bool:
    """Whether what was learned last is still to be used."""
    text = read_meta(connection, LEARNED)
    if not text:
        return False
    kept = json.loads(text)
    few = _interactions(connection) < kept["interactions"] * (1 + GROWN)
    return few and bool(kept["settings"] == _settings(fields, parents))


def anything_learned(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether there are weights of any way."""
    ((learned,),) = connection.execute("select count(*) from learned_kinds where learned").fetchall()
    return bool(learned)


def use_weights(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `classes` and `worths` of what was learned last."""
    ways = " union all ".join(f"select {way.number} as way, {quoted(way.name)} as name" for way in WAYS)
    connection.execute(
        f"""
        create or replace temp table classes as
        select w.way, k.pairs, k.matches, k.learned
        from learned_kinds k join ({ways}) as w on w.name = k.kind
        """
    )
    connection.execute("create or replace temp table worths as select way, place, level, m, u from learned_worths")


def _settings(fields: list[Field], parents: Mapping[str, str | None]) -> str:
    return stamp_of(VERSION, [(field.name, field.levels) for field in fields], sorted(parents.items()))


def _interactions(connection: duckdb.DuckDBPyConnection) -> int:
    ((count,),) = connection.execute("select count(*) from interactions").fetchall()
    return int(count)
