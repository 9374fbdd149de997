"""How far columns are filled, and up to when a source is complete."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from ingest_bench import Bench

from omnictl.ingest.tallies import watermark
from omnictl.relations import RELATIONS
from omnictl.workspace import Retrieval

NOON = datetime(2026, 11, 1, 12)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("newest", "retrieval", "complete"),
    [
        (NOON - HOUR, None, NOON - HOUR),
        (NOON - HOUR, Retrieval(lateness=2 * HOUR), NOON - HOUR),  # nobody said how often
        (NOON - HOUR, Retrieval(every=HOUR), NOON),
        (NOON - HOUR, Retrieval(every=HOUR, lateness=2 * HOUR), NOON - 2 * HOUR),
        (NOON - 3 * HOUR, Retrieval(every=HOUR, lateness=2 * HOUR), NOON - 2 * HOUR),
        (NOON - 4 * HOUR, Retrieval(every=HOUR, lateness=2 * HOUR), NOON - 4 * HOUR),  # late: its newest event
        (None, Retrieval(every=HOUR), None),
    ],
)
def test_watermark(newest: datetime | None, retrieval: Retrieval | None, complete: datetime | None) -> None:
    assert watermark(NOON, newest, retrieval) == complete


def test_sources_are_described(bench: Bench) -> None:
    bench.write("calls.csv", "id,begun\n1,2026-10-31 10:00\n2,2026-11-01 06:30\n3,2099-01-01 00:00\n", minutes=120)
    bench.sources(
        """
        calls:
          connector: table
          path: calls.csv
          until: 2026-12-31
          retrieval: {every: 1 h, lateness: 2 h}
          columns: {interaction_id: id, channel: "'phone'", started_at: begun}
        """
    )
    bench.load()
    asked = "source, connector, timezone, received_at, newest_at, watermark, until::varchar"
    assert bench.query(f"select {asked} from sources") == [
        (
            "calls",
            "table",
            "Europe/Paris",
            datetime(2026, 11, 1, 8),
            datetime(2098, 12, 31, 23),
            datetime(2026, 11, 1, 6),
            None,  # that day is not over
        )
    ]


ENDED = """
calls:
  connector: table
  path: calls.csv
  columns: {interaction_id: id, channel: "'phone'", started_at: begun}
"""


def test_a_source_that_has_ended_is_complete_to_the_end_of_its_last_local_day(bench: Bench) -> None:
    """In Paris 20 March is over an hour before midnight in UTC. The file is not read again for it."""
    bench.write("calls.csv", "id,begun\n1,2026-03-16 10:00\n", minutes=120)
    asked = "select watermark, until::varchar from sources"
    newest = datetime(2026, 3, 16, 9)
    bench.sources(ENDED)
    bench.load()
    assert bench.query(asked) == [(newest, None)]
    for until, told in (
        ("2026-03-20", (datetime(2026, 3, 20, 23), "2026-03-20")),
        ("2099-12-31", (newest, None)),  # to come: until then it is as alive as any
        ("2026-03-10", (newest, "2026-03-10")),  # it told more than was promised
    ):
        bench.sources(ENDED + f"  until: {until}\n")
        bench.load()
        assert bench.query(asked) == [told]
    assert bench.value("select count(*) from runs where status = 'done'") == 1


def test_fills_of_every_column_by_channel(bench: Bench) -> None:
    bench.write("calls.csv", "id,ch,begun,wait\n1,phone,2026-05-01,5\n2,phone,2026-05-03,\n3,web,2026-05-02,1\n")
    bench.sources(
        """
        calls:
          connector: table
          path: calls.csv
          columns: {interaction_id: id, channel: ch, started_at: begun, wait_s: wait}
        """
    )
    bench.load()
    columns = RELATIONS["interactions"].names
    assert bench.value("select count(*) from fills") == 2 * len(columns)
    assert bench.query("select distinct relation, source, channel, row_count from fills order by all") == [
        ("interactions", "calls", "phone", 2),
        ("interactions", "calls", "web", 1),
    ]
    always = ("channel", "direction", "excluded", "interaction_id", "kind", "source", "started_at")
    filled = "select column_name, filled from fills where channel = 'phone' and filled > 0 order by 1"
    assert dict(bench.query(filled)) == dict.fromkeys(always, 2) | {"wait_s": 1}
    spans = "select lowest, highest from fills where channel = 'phone' and column_name = 'started_at'"
    assert bench.query(spans) == [(datetime(2026, 4, 30, 22), datetime(2026, 5, 2, 22))]
    assert bench.value("select count(lowest) from fills where column_name <> 'started_at'") == 0


def test_the_channel_of_a_survey_is_its_interactions(bench: Bench) -> None:
    bench.write("votes.csv", "id,call,ch,score\n1,c1,,9\n2,c2,web,3\n3,,,5\n")
    bench.write("calls.csv", "id\nc1\nc2\n")
    bench.sources(
        """
        votes:
          connector: table
          path: votes.csv
          relation: surveys
          columns:
            survey_id: id
            interaction_source: "'calls'"
            interaction_id: call
            channel: ch
            question: "'nps'"
            score: score
        calls:
          connector: table
          path: calls.csv
          columns: {interaction_id: id, channel: "'phone'", started_at: "'2026-05-01'"}
        """
    )
    bench.run()
    fills = "select channel, filled from fills where relation = 'surveys' and column_name = 'score' order by channel"
    assert bench.query(fills) == [("phone", 1), ("web", 1), (None, 1)]
    bench.sources(
        (bench.folder / "omnictl.yml").read_text().split("sources:\n")[1].replace("'phone'", "'chat'"),
    )
    bench.run()
    assert bench.query(fills) == [("chat", 1), ("web", 1), (None, 1)]


def test_runs_are_kept_when_they_say_something_new(bench: Bench) -> None:
    bench.write("calls.csv", "id\nc1\n")
    bench.sources(
        """
        calls:
          connector: table
          path: calls.csv
          columns: {interaction_id: id, channel: "'phone'", started_at: "'2026-05-01'"}
        """
    )
    bench.run()
    bench.run()
    (bench.folder / "calls.csv").rename(bench.folder / "away.csv")
    assert [bench.run().exit_code for _ in range(2)] == [2, 2]
    (bench.folder / "away.csv").rename(bench.folder / "calls.csv")
    bench.run()
    bench.run()
    assert bench.query("select status from runs order by run_id") == [("done",), ("missing",), ("unchanged",)]
    assert bench.value("select count(*) from interactions") == 1
