"""Ranges of people: what is lined up is looked through some hundred thousand rows at a time, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

AT_ONCE = 250_000  # rows; tables of a few hundred bytes a row are made of them

# The rows stand in the order of people: the person of each AT_ONCE-th row is the last one of a range.
_LASTS = """
select distinct person_id
from build_ordered
where (key - (select min(key) from build_ordered) + 1) % {at_once} = 0
order by person_id
"""


@dataclass(frozen=True)
class People:
    """People whose numbers lie between two bounds; None where there is no bound.

    Attributes:
        after: the greatest number that lies before.
        last: the greatest number among them.
    """

    after: int | None = None
    last: int | None = None

    def __call__(self, column: str) -> str:
        """SQL: whether the person in a column is one of them."""
        said = []
        if self.after is not None:
            said.append(f"{column} > {self.after}")
        if self.last is not None:
            said.append(f"{column} <= {self.last}")
        return " and ".join(said) or "true"


def ranges(connection: duckdb.DuckDBPyConnection, at_once: int = AT_ONCE) -> Iterator[People]:
    """All people of `build_ordered`, range by range: as many rows as said, and those of the person they end with."""
    after = None
    for (last,) in connection.execute(_LASTS.format(at_once=at_once)).fetchall():
        yield People(after, last)
        after = last
    yield People(after)
