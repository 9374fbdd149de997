"""Ranges of people: what is lined up is looked through some hundred thousand rows at a time, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

AT_ONCE = 500_000  # rows; tables of a few hundred bytes a row are made of them

# Each range ends with the person of each AT_ONCE-th row in the order of people.
_LASTS = """
select distinct person_id
from (select person_id, row_number() over (order by key) as nth from build_ordered) as placed
where nth % {at_once} = 0
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


def ranges(connection: duckdb.DuckDBPyConnection) -> Iterator[People]:
    """All people of `build_ordered`, range by range: AT_ONCE rows, and those of the person they end with."""
    after = None
    for (last,) in connection.execute(_LASTS.format(at_once=AT_ONCE)).fetchall():
        yield People(after, last)
        after = last
    yield People(after)
