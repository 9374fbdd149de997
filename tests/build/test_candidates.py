"""What would follow an interaction if it were a candidate's: looked for among what is certainly the candidate's."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from building import PARIS, Row, _cells, all_of, at, built, in_pool, related, repeated_by
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portable import Listening, faults

from omnictl.build.candidates import fill_candidates
from omnictl.build.clock import Clock
from omnictl.build.feeds import read_feeds
from omnictl.build.ordered import order
from omnictl.referential import Referential
from omnictl.relations import RELATIONS
from omnictl.relations.families import FAMILIES, Family
from omnictl.zone import zone_of

ANNE, BEA = 1, 2


def told(rows: list[Row], candidates: list[tuple[Row, int, float]]) -> dict[tuple[str, int], dict[str, Any]]:
    found = all_of(built(rows, candidates=candidates), "followups_probable")
    return {(cells["interaction_id"], cells["person_id"]): cells for cells in found}


def visit(name: str, start: str, **more: Any) -> Row:
    return Row(name, None, "web", at(start), at(start) + timedelta(minutes=10), **more)


def test_by_hand() -> None:
    """Two visits of nobody; Anne calls after both, Bea chats between them and calls two days later."""
    one, two = visit("one", "2026-03-02 09:00", intent="bill"), visit("two", "2026-03-02 12:00")
    rows = [
        one,
        two,
        Row("call", ANNE, "phone", at("2026-03-02 13:00"), intent="bill"),
        Row("chat", BEA, "chat", at("2026-03-02 10:00"), intent="bill"),
        Row("late", BEA, "phone", at("2026-03-04 13:00"), intent="move"),
        visit("three", "2026-03-02 12:30"),
    ]
    found = told(rows, [(one, ANNE, 0.6), (one, BEA, 0.3), (two, BEA, 0.29), (two, ANNE, 0.0000004)])
    keys = {cells["interaction_id"]: cells["key"] for cells in all_of(built(rows), "followups")}
    assert set(found) == {("one", ANNE), ("one", BEA), ("two", BEA)}
    anne, bea, second = found["one", ANNE], found["one", BEA], found["two", BEA]
    assert [cells["weight"] for cells in (anne, bea, second)] == [Decimal("0.6"), Decimal("0.3"), Decimal("0.29")]
    assert (anne["next_key"], anne["next_channel"], anne["next_gap_s"]) == (keys["call"], "phone", 13_800)
    assert (bea["next_key"], bea["next_contact_same_intent_key"]) == (keys["chat"], keys["chat"])
    assert (bea["next_phone_key"], bea["next_phone_days"], bea["next_phone_same_intent_key"]) == (keys["late"], 2, None)
    assert (second["next_phone_key"], second["previous_contact_key"]) == (keys["late"], keys["chat"])
    assert anne["next_observed_days"] == 1 and anne["key"] is None


def test_it_is_seen_by_nobody() -> None:
    """Neither by the person's own interactions, nor by another that may be theirs."""
    rows = [visit("one", "2026-03-02 09:00"), Row("call", ANNE, "phone", at("2026-03-02 08:00"))]
    rows.append(visit("two", "2026-03-02 10:00"))
    con = built(rows, candidates=[(rows[0], ANNE, 0.9), (rows[2], ANNE, 0.9)])
    assert [cells["next_key"] for cells in all_of(con, "followups")] == [None] * 3
    assert [cells["next_key"] for cells in all_of(con, "followups_probable")] == [None] * 2


def test_without_candidates_and_without_rows_there_is_a_relation_of_the_same_columns() -> None:
    for rows in ([], [visit("one", "2026-03-02 09:00")]):
        con = built(rows)
        names = [name for name, *_ in con.execute("select * from followups_probable").description]
        assert names == RELATIONS["followups"].names
        assert not all_of(con, "followups_probable")


def test_what_is_no_weight_of_another_person_is_left_out() -> None:
    """A candidate who is the person already, and an excluded visit, of which nothing follows."""
    own, test = Row("own", ANNE, "web", at("2026-03-02 09:00")), visit("test", "2026-03-02 09:00", excluded="test")
    rows = [own, test, Row("call", BEA, "phone", at("2026-03-02 10:00"))]
    found = told(rows, [(own, ANNE, 0.5), (own, BEA, 0.5), (test, BEA, 0.5)])
    assert set(found) == {("own", BEA), ("test", BEA)}
    assert found["own", BEA]["next_key"] is not None
    assert found["test", BEA]["next_key"] is None and found["test", BEA]["next_observed_s"] is None


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Interactions of two people and of nobody, at few moments; some are children of others."""
    rows: list[Row] = []
    for number in range(draw(st.integers(2, 14))):
        start = at("2026-03-28 23:30") + timedelta(seconds=draw(st.sampled_from([0, 0, 30, 61, 3600, 7200, 90_000])))
        length = draw(st.sampled_from([None, 20, 4000, 100_000]))
        row = Row(
            id=f"i{number}",
            person=draw(st.sampled_from([ANNE, ANNE, BEA, None, None])),
            channel=draw(st.sampled_from(["phone", "ivr", "chat", "web", "web"])),
            start=start,
            end=None if length is None else start + timedelta(seconds=length),
            intent=draw(st.sampled_from(["bill", "move", None])),
            source=draw(st.sampled_from(["s", "r"])),
            direction=draw(st.sampled_from(["inbound", "inbound", "outbound"])),
            excluded=draw(st.sampled_from(["", "", "", "test"])),
        )
        if rows and draw(st.booleans()):
            parent = draw(st.sampled_from(rows))
            row.parent, row.parent_source = parent.id, parent.source
        rows.append(row)
    return rows


def expected(row: Row, person: int, rows: list[Row], family: Family) -> Row | None:
    repeats = repeated_by(rows)
    pool = [each for each in rows if each.counted and each.person == person and in_pool(family, each)]
    if family.pool in ("contacts", "assisted", "phone"):
        pool = [each for each in pool if (each.source, each.id) not in repeats]
    fits = [
        each
        for each in sorted(pool, key=lambda each: each.order)
        if all(getattr(each, name) is not None and getattr(each, name) == getattr(row, name) for name in family.same)
        and (not family.other or each.channel != row.channel)
        and not related(row, each)
    ]
    if family.back:
        return next((each for each in reversed(fits) if each.order < row.order), None)
    return next((each for each in fits if each.order > row.order), None)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.data())
def test_it_is_found_by_looking_at_all_the_others(rows: list[Row], data: st.DataObject) -> None:
    people = sorted({row.person for row in rows if row.person is not None})
    candidates = [
        (row, person, 0.25)
        for row in rows
        for person in people
        if person != row.person and (row.person is None or row.kind == "visit") and data.draw(st.booleans())
    ]
    con = built(rows, candidates=candidates)
    keys = {(cells["source"], cells["interaction_id"]): cells["key"] for cells in all_of(con, "followups")}
    found = {
        (cells["source"], cells["interaction_id"], cells["person_id"]): cells
        for cells in all_of(con, "followups_probable")
    }
    assert len(found) == len(candidates)
    for row, person, _ in candidates:
        cells = found[row.source, row.id, person]
        for family in FAMILIES.values():
            other = expected(row, person, rows, family) if not row.excluded else None
            wanted = _cells(row, other, family, keys, PARIS)
            shown = {name: cells[f"{family.name}_{name}"] for name in wanted}
            if shown["gap_s"] is not None:
                shown["gap_s"] = float(shown["gap_s"])
            assert shown == wanted, (row.id, person, family.name)


def test_every_statement_is_portable(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def listened(connection: Any, *told: Any, **more: Any) -> None:
        listening = Listening(connection)
        fill_candidates(listening, *told, **{**more, "portable": True})
        heard.extend(listening.heard)

    monkeypatch.setattr("omnictl.build.stage.fill_candidates", listened)
    one = visit("one", "2026-03-02 09:00")
    call = Row("call", ANNE, "phone", at("2026-03-02 13:00"), parent="one")
    built([one, call], candidates=[(one, ANNE, 0.5)])
    assert len(heard) > 10 and any("build_stepped" in sql for sql in heard)
    assert [(sql[:40], fault) for sql in heard for fault in faults(sql)] == []


def test_what_has_changed_alone_is_made_anew() -> None:
    """A candidate more, one less, another probability, and a person who has called since: the rows of a whole build."""
    one, two, three = (visit(str(number), f"2026-03-0{number} 09:00") for number in (2, 3, 4))
    rows = [one, two, three, Row("call", ANNE, "phone", at("2026-03-05 10:00"))]
    rows += [Row("chat", BEA, "chat", at("2026-03-05 09:00")), Row("late", BEA, "phone", at("2026-03-09 09:00"))]
    before = [(one, ANNE, 0.5), (one, BEA, 0.2), (two, BEA, 0.4), (three, ANNE, 0.7)]
    after = [(one, ANNE, 0.4), (one, BEA, 0.2), (two, ANNE, 0.3), (three, ANNE, 0.7)]
    con, whole = built(rows[:-1], candidates=before), built(rows, candidates=after)
    for table in ("interactions", "identities", "sources", "followup_rows", "followup_offers", "candidates"):
        con.execute(f"delete from {table}")
        cells = whole.execute(f"from {table}").fetchall()
        con.executemany(f"insert into {table} values ({', '.join('?' * len(cells[0]))})", cells)
    con.execute("insert into unbuilt_people values (?)", [BEA])
    con.execute("update followup_candidates set end_day = date '1999-12-31' where person_id = ?", [BEA])
    zone, feeds = zone_of(PARIS), read_feeds(con, ["phone", "chat"])
    bounds = feeds.bounds()
    assert bounds is not None
    order(con, Referential(), zone, feeds.channels())
    fill_candidates(con, feeds, Clock.of(zone, *bounds), Referential(), zone, some=True)
    for table in ("followup_candidates", "followups_probable"):
        listed = [sorted(map(str, each.execute(f"from {table}").fetchall())) for each in (con, whole)]
        assert listed[0] == listed[1]
