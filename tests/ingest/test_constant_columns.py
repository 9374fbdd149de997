"""A column with one value throughout is not stored; it must be NULL all the same where a joined row is missing."""

from __future__ import annotations

from ingest_bench import Bench

SOURCES = """
    calls:
      connector: table
      path: calls*.csv
      columns: {interaction_id: id, channel: "'phone'", started_at: t}
    surv:
      connector: table
      path: surv.csv
      relation: surveys
      columns:
        survey_id: s
        answered_at: at
        score: score
        question: "'nps'"
        interaction_source: "'calls'"
        interaction_id: call
"""


def test_an_answer_without_contact_has_no_channel(bench: Bench) -> None:
    bench.write("calls.csv", "id,t\nK1,2026-03-02 09:00\nK2,2026-03-02 09:10\n")
    bench.write(
        "surv.csv", "s,call,at,score\nS1,,2026-03-02 09:12,9\nS2,ZZ,2026-03-02 09:02,0\nS3,K1,2026-03-02 09:02,0\n"
    )
    bench.sources(SOURCES)
    bench.run()
    joined = """
        select s.survey_id, i.source, i.kind, i.channel, i.direction, i.excluded
        from surveys s left join interactions i on i.interaction_id = s.interaction_id order by 1
    """
    nothing = (None,) * 5
    found = ("calls", "contact", "phone", "inbound", "")
    assert bench.query(joined) == [("S1", *nothing), ("S2", *nothing), ("S3", *found)]
    scores = "select channel, filled from fills where relation = 'surveys' and column_name = 'score' order by channel"
    assert bench.query(scores) == [("phone", 1), (None, 2)]


def test_the_one_value_stays_when_another_one_comes(bench: Bench) -> None:
    bench.write("calls.csv", "id,t\nK1,2026-03-02 09:00\n")
    bench.write("surv.csv", "s,call,at,score\nS1,K1,2026-03-02 09:12,9\n")
    bench.sources(SOURCES)
    bench.run()
    bench.write("calls2.csv", "id,t,ch\nK2,2026-03-02 09:10,chat\n", minutes=5)
    bench.sources(
        SOURCES + "    chats:\n      connector: table\n      path: calls2.csv\n"
        "      columns: {interaction_id: id, channel: ch, started_at: t}\n"
    )
    bench.run()
    rows = bench.query("select source, interaction_id, channel from interactions order by all")
    assert rows == [("calls", "K1", "phone"), ("calls", "K2", "phone"), ("chats", "K2", "chat")]
