"""Whatever changed since the last build: what is made anew of it leaves what a whole build makes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from building import Row, all_of, load, loaded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnictl.build import build, increment
from omnictl.build.stage import settings_of
from omnictl.engines.store import write_meta
from omnictl.relations.families import FAMILIES
from omnictl.workspace import Workspace, load_workspace

BEGIN = datetime(2026, 3, 28, 22, 30)
RATES = "rates:\n  - {channel: phone, per_contact: 0.4, per_second: 0.01}\n"
MOMENTS = st.sampled_from([0, 1, 30, 61, 800, 900, 901, 3600, 9000, 86_400, 90_000, 700_000, 1_500_000])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "omnictl.yml").write_text("workspace: w\ntimezone: Europe/Paris\n", encoding="utf-8")
    (folder / "referential.yml").write_text(RATES, encoding="utf-8")
    return load_workspace(folder / "omnictl.yml")


@st.composite
def calls(draw: st.DrawFn, number: int) -> Row:
    """An interaction of one of a few people, or of nobody."""
    start = BEGIN + timedelta(seconds=draw(MOMENTS))
    length = draw(st.sampled_from([None, 20, 400, 1000, 100_000]))
    return Row(
        id=f"i{number}",
        person=draw(st.sampled_from([7, 7, -3, 5, None])),
        channel=draw(st.sampled_from(["phone", "phone", "chat", "web"])),
        start=start,
        end=None if length is None else start + timedelta(seconds=length),
        intent=draw(st.sampled_from(["bill", "bill", "move", None])),
        source=draw(st.sampled_from(["s", "r"])),
        excluded=draw(st.sampled_from(["", "", "", "test"])),
        solution=draw(st.sampled_from(["faq", "app", None])),
        parent=draw(st.sampled_from([None, None, "i0"])),
        more={"talk_s": 10, "answered_at": start + timedelta(seconds=5), "agent": "x", "queue": "q"},
    )


@st.composite
def states(draw: st.DrawFn) -> list[list[Row]]:
    """The rows as they were, and as they were after each of some changes."""
    now = [draw(calls(number)) for number in range(draw(st.integers(2, 10)))]
    found = [now]
    for step in range(draw(st.integers(1, 3))):
        now = [row for row in now if draw(st.integers(0, 6))]
        now = [draw(calls(int(row.id[1:]))) if draw(st.integers(0, 4)) == 0 else row for row in now]
        now = now + [draw(calls(100 * (step + 1) + number)) for number in range(draw(st.integers(0, 3)))]
        now = now or found[0]
        found.append(now)
    return found


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(states(), st.lists(st.sampled_from([0, 0, 900, 90_000, 2_000_000]), min_size=4, max_size=4))
def test_increments_leave_what_a_whole_build_makes(
    workspace: Workspace, found: list[list[Row]], waits: list[int]
) -> None:
    con = store_of(found[0])
    run(workspace, con)
    watermark = BEGIN + timedelta(days=10)
    for (before, after), wait in zip(itertools.pairwise(found), waits, strict=False):
        watermark += timedelta(seconds=wait)
        marks = {"s": watermark, "r": watermark + timedelta(days=1)}
        change(con, before, after, watermarks=marks)
        with patch.object(increment, "MOST_REPLACED", 1000):
            assert increment.increment_of(con, settings_of(workspace)) is not None
            run(workspace, con)
        whole = store_of(after, watermarks=marks)
        run(workspace, whole)
        assert meaning_of(con) == meaning_of(whole)
        assert (
            con.execute("from unbuilt_people").fetchall() == con.execute("from unbuilt_interactions").fetchall() == []
        )


def test_all_is_made_anew_once_half_of_it_was_replaced(workspace: Workspace) -> None:
    rows = [Row(f"i{person}", person, "phone", BEGIN) for person in range(9)]
    con = store_of(rows)
    run(workspace, con)
    for person in range(6):
        changed = [replace(row, channel="chat") if row.person == person else row for row in rows]
        change(con, rows, changed, watermarks=dict.fromkeys("s", BEGIN + timedelta(days=10)))
        found = increment.increment_of(con, settings_of(workspace))
        assert (found.replaced if found is not None else 0) == (person + 1) % 5
        rows = changed
        run(workspace, con)


@pytest.mark.parametrize(
    "changed",
    ["insert into meta values ('unbuilt', 'all')", "insert into changed_interactions values ('s', 'i0')"],
)
def test_all_is_made_anew_where_what_changed_is_not_known(workspace: Workspace, changed: str) -> None:
    con = store_of([Row("i0", 1, "phone", BEGIN)])
    assert increment.increment_of(con, settings_of(workspace)) is None  # nothing was built yet
    run(workspace, con)
    assert increment.increment_of(con, settings_of(workspace)) is not None
    assert increment.increment_of(con, settings_of(replace(workspace, timezone="UTC"))) is None
    con.execute(changed)
    assert increment.increment_of(con, settings_of(workspace)) is None


def test_nothing_is_left_of_a_channel(workspace: Workspace) -> None:
    phone, web = Row("a", 7, "phone", BEGIN), Row("b", 7, "web", BEGIN + timedelta(hours=1))
    later = [phone, Row("c", 7, "phone", BEGIN + timedelta(hours=2))]
    marks = {"s": BEGIN + timedelta(days=10)}
    con, whole = store_of([phone, web]), store_of(later, watermarks=marks)
    run(workspace, con)
    change(con, [phone, web], later, watermarks=marks)
    with patch.object(increment, "MOST_REPLACED", 1000):
        run(workspace, con)
    run(workspace, whole)
    assert meaning_of(con) == meaning_of(whole)


def test_who_has_a_person_keeps_their_follow_ups_when_only_whom_else_they_may_be_changes(workspace: Workspace) -> None:
    """A browser is a person of its own, and may be one of those known: `link` then lists the visit, and no person."""
    known, visit = Row("a", 7, "phone", BEGIN), Row("b", -3, "web", BEGIN + timedelta(hours=1))
    call = Row("c", -3, "phone", BEGIN + timedelta(hours=2))
    con = store_of([known, visit, call])
    run(workspace, con)
    before = meaning_of(con)
    con.execute("insert into candidates (source, interaction_id, person_id, probability) values ('s', 'b', 7, 0.5)")
    con.execute("insert into unbuilt_interactions values ('s', 'b')")
    write_meta(con, "inputs of link", "l1")
    run(workspace, con)
    assert meaning_of(con) == before
    told = con.execute("select interaction_id, person_id, cast(weight as varchar) from followups_probable").fetchall()
    assert told == [("b", 7, "0.500000")]


def test_a_moved_watermark_rewrites_no_row(workspace: Workspace) -> None:
    rows = [Row("i0", 1, "phone", BEGIN, BEGIN + timedelta(hours=1), "bill")]
    con = store_of(rows)
    run(workspace, con)
    before = con.execute("select rowid, * from followup_rows").fetchall()
    observed = "select next_contact_observed_s from followups"
    ((seen,),) = con.execute(observed).fetchall()
    change(con, rows, rows, watermarks=dict.fromkeys("s", BEGIN + timedelta(days=11)))
    run(workspace, con)
    assert con.execute("select rowid, * from followup_rows").fetchall() == before
    assert con.execute(observed).fetchall() == [(seen + 86_400,)]


def store_of(rows: list[Row], **known: Any) -> duckdb.DuckDBPyConnection:
    con = loaded(rows, **(known or {"watermarks": dict.fromkeys("sr", BEGIN + timedelta(days=10))}))
    con.execute("create table meta (key varchar primary key, value varchar)")
    write_meta(con, "inputs of link", "l0")
    return con


def change(con: duckdb.DuckDBPyConnection, before: list[Row], after: list[Row], **known: Any) -> None:
    """Load other rows, and say which of them differ as `link` does."""
    was, now = ({(row.source, row.id): row for row in rows} for rows in (before, after))
    touched = {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
    people = {row.person for rows in (was, now) for key, row in rows.items() if key in touched}
    load(con, after, **known)
    con.executemany("insert into unbuilt_interactions values (?, ?)", [*sorted(touched), ("s", "never built")])
    con.executemany("insert into unbuilt_people values (?)", [[each] for each in people if each is not None] or [[99]])
    ((stamp,),) = con.execute("select value from meta where key = 'inputs of link'").fetchall()
    write_meta(con, "inputs of link", f"{stamp}+")


def run(workspace: Workspace, con: duckdb.DuckDBPyConnection) -> None:
    assert build(workspace, con, run_id="2026-05-05T00:00:00Z-1").status == "done"


def meaning_of(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The rows of all that is built, keys as the interactions that they name."""
    followups = all_of(con, "followups")
    named = {row["key"]: (row["source"], row["interaction_id"]) for row in followups if row["key"] is not None}
    assert len(named) == sum(row["key"] is not None for row in followups)
    for row in followups:
        for column in ("key", *(f"{name}_key" for name in FAMILIES)):
            row[column] = named[row[column]] if row[column] is not None else None
    others = {name: all_of(con, name) for name in ("needs", "levels", "costs", "fills")}
    return {name: _sorted(rows) for name, rows in {"followups": followups, **others}.items()}


def _sorted(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(map(str, rows))
