"""People with thousands of interactions cost no more than as many people: nothing is compared with everything."""

from __future__ import annotations

import time
from datetime import datetime

import duckdb
import pytest
from building import PARIS, WEEK, regular

from omnictl.build import derive
from omnictl.referential import Referential

MANY = 20_000
BEGIN = datetime(2026, 1, 1)


def seconds_for(person: str, parent: str = "null", apart: int = 3600) -> tuple[float, duckdb.DuckDBPyConnection]:
    """How long the build takes for MANY calls, whose person and parent are given as SQL over their number `n`."""
    con = regular(MANY, person, parent, apart=apart, begin=BEGIN)
    start = time.perf_counter()
    derive(con, timezone=PARIS, silence=WEEK, referential=Referential())
    return time.perf_counter() - start, con


@pytest.mark.parametrize(
    ("parent", "apart", "next_contact"),
    [
        ("null", 3600, 2),  # one after the other
        ("case when n > 0 and n < 19999 then 'i0' end", 3600, 20_000),  # all children of the first but the last
        ("null", 30, None),  # each repeats the one before
    ],
)
def test_one_person_with_thousands_of_calls(parent: str, apart: int, next_contact: int | None) -> None:
    many, _ = seconds_for("n", apart=apart)
    one, con = seconds_for("1", parent, apart)
    found = con.execute("select next_contact_key from followups where interaction_id = 'i0'").fetchall()
    assert found == [(next_contact,)]
    assert one < 10 * many + 2  # comparing each with each would be thousands of times slower
