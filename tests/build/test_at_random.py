"""Whatever the interactions: the build says what the definitions say when they are followed row by row."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from unittest.mock import patch

from building import PARIS, WEEK, Row, all_of, built, expected_followups, expected_needs, loaded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnictl.build import derive, people
from omnictl.referential import Referential
from omnictl.relations.families import FAMILIES

# An hour before the clock of Paris goes forward: some rows lie on either side of it and of midnight.
BEGIN = datetime(2026, 3, 28, 22, 30)
SLOW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Few moments, so that ties, repeats and overlaps come often; some hours and days apart.
MOMENTS = st.sampled_from([0, 0, 1, 30, 59, 60, 61, 90, 121, 3600, 7200, 9000, 86_400, 90_000, 700_000, 1_500_000])
LENGTHS = st.sampled_from([None, -5, 0, 20, 20.25, 400, 100_000, 300_000])


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Interactions of a few people, some of them children of others."""
    rows: list[Row] = []
    for number in range(draw(st.integers(1, 16))):
        start = BEGIN + timedelta(seconds=draw(MOMENTS))
        length = draw(LENGTHS)
        row = Row(
            id=f"i{draw(st.permutations(range(2)))[0]}{number}",
            person=draw(st.sampled_from([7, 7, 7, -3, None])),
            channel=draw(st.sampled_from(["phone", "phone", "ivr", "chat", "web", "form"])),
            start=start,
            end=None if length is None else start + timedelta(seconds=length),
            intent=draw(st.sampled_from(["bill", "bill", "move", None])),
            source=draw(st.sampled_from(["s", "r"])),
            direction=draw(st.sampled_from(["inbound", "inbound", "inbound", "outbound"])),
            excluded=draw(st.sampled_from(["", "", "", "", "test"])),
            outcome=draw(st.sampled_from(["handled", "abandoned", None])),
            solution=draw(st.sampled_from(["faq", None])),
            more={"resolved": draw(st.sampled_from([None, None, True, False]))},
        )
        if rows and draw(st.integers(0, 2)) == 0:
            parent = draw(st.sampled_from(rows))
            row.parent, row.parent_source = parent.id, parent.source
        rows.append(row)
    return rows


@SLOW
@given(histories())
def test_followups_are_those_found_by_looking_at_all_the_others(rows: list[Row]) -> None:
    expected = expected_followups(rows)
    found = all_of(built(rows), "followups")
    assert len(found) == len(rows)
    for cells in found:
        wanted = expected[cells["source"], cells["interaction_id"]]
        assert {name: _plain(cells[name]) for name in wanted} == wanted


@SLOW
@given(histories())
def test_what_the_engine_does_faster_and_in_ranges_gives_equal_rows(rows: list[Row]) -> None:
    con = loaded(rows)
    made = []
    for portable, at_once in ((False, 2), (True, 1000)):
        with patch.object(people, "AT_ONCE", at_once):
            derive(con, timezone=PARIS, silence=WEEK, referential=Referential(), portable=portable)
        made.append({name: sorted(map(str, all_of(con, name))) for name in ("followups", "needs", "levels")})
    assert made[0] == made[1]


@SLOW
@given(histories())
def test_needs_are_those_found_by_walking_through(rows: list[Row]) -> None:
    silence = timedelta(hours=30)
    watermark = BEGIN + timedelta(days=9)
    marks = dict.fromkeys(("s", "r"), watermark)
    found = all_of(built(rows, watermarks=marks, silence=silence), "needs")
    expected = expected_needs(rows, silence, watermark)
    assert {cells["need_id"]: {name: _plain(cell) for name, cell in cells.items()} for cells in found} == expected
    assert len(found) == len(expected)


@SLOW
@given(histories(), st.randoms())
def test_the_order_of_rows_changes_nothing(rows: list[Row], chance: random.Random) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    one, other = built(rows), built(shuffled)
    for relation in ("followups", "needs", "levels"):
        assert sorted(map(str, all_of(one, relation))) == sorted(map(str, all_of(other, relation)))


def test_every_column_is_looked_at() -> None:
    """The comparison above leaves out no column of the relation but how long a row is observed."""
    rows = [Row("a", 1, "phone", BEGIN, intent="bill")]
    (wanted,), (found,) = expected_followups(rows).values(), all_of(built(rows), "followups")
    told = {name for name in found if not name.endswith(("_observed_s", "_observed_days"))}
    assert told - {"source", "interaction_id", "weight"} == wanted.keys()
    assert {f"{name}_key" for name in FAMILIES} <= wanted.keys()


def _plain(cell: object) -> object:
    return float(cell) if cell is not None and type(cell).__name__ == "Decimal" else cell
