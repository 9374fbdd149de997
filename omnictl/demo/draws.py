"""Chance, repeatable: draws that depend on the seed, a row's number and the name of the draw, and on nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# Row number and name go into ONE bigint before hashing: DuckDB's two-argument hash(a, b) gives correlated draws.
# A name takes a stretch of 20,000 million numbers, so row numbers must stay below that.
MACROS = """
create macro draw(number, name) as
    hash(number::bigint + (hash(name || ':{seed}') % 460000000)::bigint * 20000000000);
create macro u(number, name) as ((draw(number, name) >> 11)::double + 0.5) / 9007199254740992.0;
create macro z(number, name) as
    sqrt(-2 * ln(u(number, name))) * cos(2 * pi() * u(number, name || ' angle'));
create macro about(number, name, median, spread) as (median * exp(spread * z(number, name)))::bigint;
"""


def give_draws(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Define the draws of one seed on a connection.

    `u` is uniform between 0 and 1, both left out; `z` is normal; `about` is log-normal, a whole number. The numbers
    of one row under different names are independent, and so are those of different rows under one name.
    """
    con.execute(MACROS.format(seed=int(seed)))
