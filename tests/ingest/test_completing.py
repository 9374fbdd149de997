"""Sources that complete others: what is filled, what is added, what becomes of records without a contact."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
from calls_connector import Calls, offer
from ingest_bench import HEAD, Bench

from omnictl.ingest.ledger import Corrections

CALLS = """
calls:
  connector: table
  path: calls*.csv
  columns:
    interaction_id: id
    channel: "'phone'"
    started_at: begun
    ended_at: ended
    queue: queue
    talk_s: talk
    outcome: outcome
    intent: intent
    parent_id: parent
    parent_source: "case when parent is not null then 'calls' end"
    parent_kind: "case when parent is not null then 'answer' end"
  identifiers: {phone: phone}
"""
CDR = """
{name}:
  connector: table
  path: {name}*.csv
  columns:
    interaction_id: id
    channel: "'phone'"
    started_at: begun
    queue: queue
    talk_s: talk
    agent: agent
    outcome: outcome
    outcome_detail: detail
    intent: intent
    parent_id: parent
    parent_source: "case when parent is not null then 'cdr' end"
    parent_kind: "case when parent is not null then 'within' end"
  identifiers: {{phone: phone, email: email}}
  completes: calls
  match: [interaction_id, {{phone: 10 min}}]
  unmatched: {unmatched}
"""
CALLS_COLUMNS = ("id", "begun", "ended", "queue", "talk", "outcome", "intent", "parent", "phone")
CDR_COLUMNS = ("id", "begun", "queue", "talk", "agent", "outcome", "detail", "intent", "parent", "phone", "email")
CONTACT = "source, interaction_id, queue, talk_s::int, agent, outcome, outcome_detail, intent, intent_source"


def cdr(name: str = "cdr", unmatched: str = "keep") -> str:
    return CDR.format(name=name, unmatched=unmatched)


def lines(columns: tuple[str, ...], *records: dict[str, Any]) -> str:
    rows = [",".join(str(record.get(name, "")) for name in columns) for record in records]
    return "\n".join([",".join(columns), *rows]) + "\n"


def call(id_: str, minute: int = 0, **cells: Any) -> dict[str, Any]:
    return {"id": id_, "begun": f"2026-05-01 10:{minute:02}", **cells}


def write_calls(bench: Bench, *records: dict[str, Any], name: str = "calls1.csv", minutes: int = 0) -> None:
    bench.write(name, lines(CALLS_COLUMNS, *records), minutes=minutes)


def write_cdr(bench: Bench, *records: dict[str, Any], name: str = "cdr1.csv", minutes: int = 0) -> None:
    bench.write(name, lines(CDR_COLUMNS, *records), minutes=minutes)


def accounts(bench: Bench, source: str) -> tuple[Any, ...]:
    """Records, used, rejected, superseded, filtered of all files of a source."""
    (row,) = bench.query(
        f"""
        select sum(records)::int, sum(used)::int, sum(rejected)::int, sum(superseded)::int, sum(filtered)::int
        from files where source = '{source}'
        """
    )
    assert row[0] == sum(row[1:])
    return row


def contacts(bench: Bench) -> list[tuple[str, str]]:
    return bench.query("select source, interaction_id from interactions order by all")


def test_what_is_empty_is_filled_and_nothing_is_overwritten(bench: Bench) -> None:
    bench.sources(CALLS + cdr())
    write_calls(bench, call("1", queue="auto", phone="0612345678"), call("2", 5, talk=0, phone="0612345679"))
    write_cdr(
        bench,
        call("1", 1, queue="other", talk=30, agent="A", phone="0612345670", email="a@b.fr"),
        call("x", 7, queue="vie", talk=40, agent="B", phone="06 12 34 56 79"),
        call("y", 30, agent="C"),
    )
    assert bench.run().exit_code == 0
    assert bench.query(f"select {CONTACT} from interactions order by all") == [
        ("calls", "1", "auto", 30, "A", None, None, None, None),
        ("calls", "2", "vie", 0, "B", None, None, None, None),
        ("cdr", "y", None, None, "C", None, None, None, None),
    ]
    began = "select interaction_id, strftime(started_at, '%H:%M') from interactions order by 1"
    assert bench.query(began) == [("1", "08:00"), ("2", "08:05"), ("y", "08:30")]
    assert bench.query("select source, owner, owner_id, kind, count(*) from identifiers group by all order by all") == [
        ("calls", "interaction", "1", "email", 1),
        ("calls", "interaction", "1", "phone", 2),
        ("calls", "interaction", "2", "phone", 1),  # the same number is not repeated
    ]
    assert accounts(bench, "cdr") == (3, 3, 0, 0, 0)
    talk = "relation = 'interactions' and column_name = 'talk_s'"
    assert bench.query(f"select source, row_count, filled from fills where {talk} order by all") == [
        ("calls", 2, 2),
        ("cdr", 1, 0),
    ]


def test_columns_that_belong_together_are_filled_together(bench: Bench) -> None:
    rule = "{queue: quotes, source: cdr, intent: quote}"
    bench.write("referential.yml", f"intents: {{quote: {{label: {{en: Quote}}}}}}\nmatch: [{rule}]\n")
    bench.sources(CALLS + cdr(), head=PAGES_HEAD)
    write_calls(
        bench,
        call("1", intent="claim", parent="7", outcome="handled"),
        call("2"),
        call("3", outcome="strange"),
    )
    filling = {"queue": "quotes", "parent": "9", "outcome": "abandoned", "detail": "code 4"}
    write_cdr(bench, call("1", **filling), call("2", **filling), call("3", **filling))
    bench.run()
    parents = "parent_source, parent_id, parent_kind"
    asked = f"intent, intent_source, outcome, outcome_detail, {parents}"
    assert bench.query(f"select interaction_id, {asked} from interactions order by 1") == [
        ("1", "claim", "export", "handled", None, "calls", "7", "answer"),
        ("2", "quote", "queue", "abandoned", "code 4", "cdr", "9", "within"),
        ("3", "quote", "queue", "abandoned", "strange", "cdr", "9", "within"),
    ]


@pytest.mark.parametrize("order", [("cdr", "crm"), ("crm", "cdr")])
def test_the_order_of_sources_says_who_fills_first(bench: Bench, order: tuple[str, str]) -> None:
    bench.sources(CALLS + "".join(cdr(name) for name in order))
    write_calls(bench, call("1", phone="0612345678"), call("2"))
    write_cdr(bench, call("1", agent="CDR", phone="0612345671"), call("2", talk=5, outcome="handled"))
    write_cdr(
        bench,
        call("1", agent="CRM", queue="q", phone="0612345671"),
        call("2", outcome="abandoned", detail="d"),
        name="crm1.csv",
    )
    bench.run()
    first = order[0] == "cdr"
    assert bench.query(
        "select interaction_id, agent, queue, talk_s::int, outcome, outcome_detail from interactions"
    ) == [
        ("1", "CDR" if first else "CRM", "q", None, None, None),
        ("2", None, None, 5, "handled" if first else "abandoned", None if first else "d"),
    ]
    assert bench.value("select count(*) from identifiers where owner_id = '1'") == 2  # the second one once
    bench.sources(CALLS + "".join(cdr(name) for name in reversed(order)))
    bench.run()  # and when the order is another one
    assert bench.value("select agent from interactions where interaction_id = '1'") == ("CRM" if first else "CDR")


def test_what_hangs_on_records_hangs_on_their_contacts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments, steps, surveys and identifiers of two sources with the same keys, none lost, none clashing."""
    offer(monkeypatch, Calls)
    completing = "{name}: {{connector: test_calls, path: {name}*.csv, completes: first}}\n"
    bench.sources(
        "first: {connector: test_calls, path: first*.csv}\n"
        + completing.format(name="tested")
        + completing.format(name="third")
    )
    columns = "id,begun,version,queue,talk,phone,page,score\n"
    bench.write("first1.csv", columns + "1,2026-05-01 10:00,,a,,0612345671,menu,\n2,2026-05-01 11:00,,a,,,,\n")
    bench.write("tested1.csv", columns + "1,2026-05-01 10:00,,b,7,0612345672,menu,9\n9,2026-05-01 12:00,,c,,,menu,3\n")
    bench.write("third1.csv", columns + "1,2026-05-01 10:00,,d,8,0612345672,bye,\n")
    bench.run()
    assert bench.query("select source, interaction_id, talk_s::int from interactions order by all") == [
        ("first", "1", 7),
        ("first", "2", None),
        ("tested", "9", None),
    ]
    assert bench.query("select source, segment_id, interaction_id, queue from segments order by all") == [
        ("first", "1/1", "1", "a"),
        ("first", "2/1", "2", "a"),
        ("first", "tested:1/1", "1", "b"),
        ("first", "third:1/1", "1", "d"),
        ("tested", "9/1", "9", "c"),
    ]
    assert bench.query("select source, step_id, interaction_id, object from steps order by all") == [
        ("first", "1/1", "1", "menu"),
        ("first", "tested:1/1", "1", "menu"),
        ("first", "third:1/1", "1", "bye"),
        ("tested", "9/1", "9", "menu"),
    ]
    assert bench.query("select source, survey_id, interaction_source, interaction_id from surveys order by all") == [
        ("tested", "1", "first", "1"),
        ("tested", "9", "tested", "9"),
    ]
    assert bench.query("select source, owner_id, count(*) from identifiers group by all") == [("first", "1", 2)]
    asked = "select relation, row_count from fills where source = 'first' and column_name = 'source' order by all"
    assert bench.query(asked) == [("identifiers", 2), ("interactions", 2), ("segments", 4), ("steps", 3)]


SEGMENTS = """
{name}:
  connector: table
  path: {name}*.csv
  relation: segments
  columns:
    segment_id: row_id(id, agent)
    interaction_id: id
    kind: "'agent'"
    agent: agent
    talk_s: talk
    started_at: begun
  completes: calls
  unmatched: {unmatched}
"""


def test_an_id_of_content_that_two_sources_give_is_one_thing(bench: Bench) -> None:
    names = ("cdr", "cel")
    bench.sources(CALLS + "".join(SEGMENTS.format(name=name, unmatched="drop") for name in names))
    write_calls(bench, call("1"), call("2"))
    write_cdr(bench, call("1", agent="A", talk=5), call("2", agent="A", talk=6))
    write_cdr(bench, call("1", agent="A", talk=7), call("1", agent="B", talk=8), name="cel1.csv")
    bench.run()
    shown = "select interaction_id, agent, talk_s::int from segments order by all"
    assert bench.query(shown) == [("1", "A", 5), ("1", "B", 8), ("2", "A", 6)]
    write_cdr(bench, call("2", agent="A", talk=6), minutes=5)  # the first one says it no more
    bench.run()
    assert bench.query(shown) == [("1", "A", 7), ("1", "B", 8), ("2", "A", 6)]


PAGES = """
web:
  connector: table
  path: web*.csv
  columns: {interaction_id: id, channel: "'web'", started_at: begun}
pages:
  connector: table
  path: pages*.csv
  relation: steps
  columns: {step_id: n, interaction_id: visit, occurred_at: at, type: "'page'", object: page}
  completes: web
  unmatched: drop
"""
PAGES_HEAD = HEAD + "referential: referential.yml\n"
REFERENTIAL = """
intents: {claim: {label: {en: Claim}}}
match: [{page: "/claims/**", intent: claim}]
"""


def test_steps_of_a_source_of_their_own_reach_visits_of_another(bench: Bench) -> None:
    bench.write("referential.yml", REFERENTIAL)
    bench.sources(PAGES, head=PAGES_HEAD)
    bench.write("web1.csv", "id,begun\nv1,2026-05-01 10:00\nv2,2026-05-01 10:05\n")
    pages = "n,visit,at,page\n1,v1,2026-05-01 10:00,/home\n2,v1,2026-05-01 10:01,/claims/new\n3,v9,2026-05-01,/home\n"
    bench.write("pages1.csv", pages)
    bench.run()
    assert bench.query("select source, step_id, interaction_id from steps order by all") == [
        ("web", "pages:1", "v1"),
        ("web", "pages:2", "v1"),
    ]
    intents = "select interaction_id, intent, intent_source from interactions order by 1"
    assert bench.query(intents) == [("v1", "claim", "page"), ("v2", None, None)]
    assert accounts(bench, "pages") == (3, 2, 0, 0, 1)
    bench.write("pages1.csv", pages.replace("v1,2026-05-01 10:01", "v2,2026-05-01 10:06"), minutes=1)
    bench.run()
    assert bench.query(intents) == [("v1", None, None), ("v2", "claim", "page")]


def test_an_intent_that_steps_gave_does_not_stand_in_the_way_of_one_that_is_told(bench: Bench) -> None:
    """The source that tells it comes to omnictl.yml later: steps give last, as in a fresh store."""
    told = """
        crm:
          connector: table
          path: crm*.csv
          columns: {interaction_id: id, channel: "'web'", started_at: begun, intent: intent}
    """
    bench.write("referential.yml", REFERENTIAL)
    bench.write("web1.csv", "id,begun\nv1,2026-05-01 10:00\n")
    bench.write("pages1.csv", "n,visit,at,page\n1,v1,2026-05-01 10:01,/claims/new\n")
    bench.write("crm1.csv", "id,begun,intent\nv1,2026-05-01 10:00,quote\n")
    separate = PAGES.replace("  completes: web\n  unmatched: drop\n", "")
    bench.sources(separate, head=PAGES_HEAD)
    bench.run()
    assert bench.value("select intent from interactions where source = 'web'") == "claim"
    bench.sources(PAGES + textwrap.dedent(told).rstrip() + "\n  completes: web\n", head=PAGES_HEAD)
    bench.run()
    assert bench.query("select source, interaction_id, intent, intent_source from interactions") == [
        ("web", "v1", "quote", "export")
    ]
    bench.sources(separate, head=PAGES_HEAD)
    bench.run()
    assert bench.value("select intent from interactions where source = 'web'") == "claim"


@pytest.mark.parametrize(
    ("unmatched", "expected"),
    [("keep", (3, 2, 1, 0, 0)), ("drop", (3, 1, 1, 0, 1)), ("reject", (3, 1, 2, 0, 0))],
)
def test_records_without_a_contact(bench: Bench, unmatched: str, expected: tuple[int, ...]) -> None:
    bench.sources(CALLS + cdr(unmatched=unmatched))
    write_calls(bench, call("1"))
    write_cdr(bench, call("1", agent="A"), call("9", phone="0612345678"), {"id": "8", "begun": "never"})
    report = bench.run()
    row = report.rows[1]
    assert (row.records, row.used, row.rejected, row.superseded, row.filtered) == expected
    assert accounts(bench, "cdr") == expected
    kept = "select records, used, rejected, superseded, filtered from runs where source = 'cdr'"
    assert bench.query(kept) == [expected]
    rejects = [(3, "started_at")] + ([(2, "interaction_id")] if unmatched == "reject" else [])
    assert sorted(bench.query('select record, "column" from rejects'), reverse=True) == rejects
    if unmatched == "reject":
        assert "1 records: no contact of `calls` matches them" in row.message
        assert ("no contact of `calls` matches it",) in bench.query("select reason from rejects")
    alone = [("cdr", "9")] if unmatched == "keep" else []
    assert contacts(bench) == [("calls", "1"), *alone]
    assert bench.value("select count(*) from identifiers") == len(alone)


def test_records_of_two_sources_without_a_contact_are_one_when_they_tell_of_one(bench: Bench) -> None:
    bench.sources(CALLS + cdr("cdr") + cdr("crm"))
    write_calls(bench, call("1"))
    write_cdr(bench, call("1"), call("8", talk=7, phone="0612345678"), call("9", phone="0612345671"))
    write_cdr(
        bench,
        call("8", agent="CRM", talk=5, phone="0612345672"),
        call("x", agent="by number", phone="0612345671"),
        call("y", agent="alone"),
        name="crm1.csv",
    )
    bench.run()
    filled = [
        ("calls", "1", None, None),
        ("cdr", "8", "CRM", 7),
        ("cdr", "9", "by number", None),
        ("crm", "y", "alone", None),
    ]
    shown = "select source, interaction_id, agent, talk_s::int from interactions order by all"
    assert bench.query(shown) == filled
    owners = "select source, owner_id, count(*) from identifiers group by all order by all"
    assert bench.query(owners) == [("cdr", "8", 2), ("cdr", "9", 1)]
    write_calls(bench, call("1"), call("8"), minutes=5)  # the completed source has one of them now
    bench.run()
    assert bench.query(shown)[1] == ("calls", "8", "CRM", 7)


def test_too_many_records_without_a_contact(bench: Bench) -> None:
    bench.sources(CALLS + cdr(unmatched="reject").rstrip() + "\n  max_rejects: 40%\n")
    write_calls(bench, call("1"))
    write_cdr(bench, call("1"), call("9"))
    report = bench.run()
    assert [(row.source, row.status) for row in report.rows] == [("calls", "done"), ("cdr", "too_many_rejects")]
    assert report.exit_code == 1
    assert bench.query("select status from runs where source = 'cdr'") == [("too_many_rejects",)]
    write_calls(bench, call("9"), name="calls2.csv", minutes=1)
    assert bench.run().exit_code == 0
    assert accounts(bench, "cdr") == (2, 2, 0, 0, 0)
    assert bench.value("select count(*) from rejects") == 0


def test_records_that_come_before_their_contacts(bench: Bench) -> None:
    """The completing file first, alone, then the contacts days later: as if both had come at once."""
    bench.sources(CALLS + cdr(unmatched="drop"))
    write_cdr(bench, call("1", agent="A"), call("2", agent="B"))
    report = bench.run()
    assert [row.status for row in report.rows] == ["missing", "done"]
    assert accounts(bench, "cdr") == (2, 0, 0, 0, 2)
    write_calls(bench, call("1"), minutes=4000)
    bench.run()
    assert bench.query("select source, interaction_id, agent from interactions") == [("calls", "1", "A")]
    assert accounts(bench, "cdr") == (2, 1, 0, 0, 1)
    write_calls(bench, call("2"), name="calls2.csv", minutes=8000)
    bench.run()
    assert bench.query("select interaction_id, agent from interactions order by 1") == [("1", "A"), ("2", "B")]
    assert accounts(bench, "cdr") == (2, 2, 0, 0, 0)


def test_changed_and_withdrawn_records(bench: Bench) -> None:
    bench.sources(CALLS + cdr(unmatched="reject"))
    write_calls(bench, call("1"), call("2"))
    write_cdr(bench, call("1", agent="A", email="a@b.fr"), call("2", agent="B"))
    bench.run()
    write_cdr(bench, call("1", agent="Z"), minutes=1)
    bench.run()
    asked = "select interaction_id, agent from interactions order by 1"
    assert bench.query(asked) == [("1", "Z"), ("2", None)]
    assert bench.value("select count(*) from identifiers") == 0
    write_calls(bench, call("2"), minutes=2)  # the contact goes
    bench.run()
    assert bench.query(asked) == [("2", None)]
    assert accounts(bench, "cdr") == (1, 0, 1, 0, 0)
    (bench.folder / "cdr1.csv").unlink()
    bench.run(corrections=Corrections(forget=("cdr1.csv",)))
    assert bench.query(asked) == [("2", None)]
    assert bench.value("select count(*) from rejects") == 0


def test_completes_comes_changes_and_goes(bench: Bench) -> None:
    """Rows move without being read again, also those of files that have vanished since."""
    plain = cdr().split("  completes:")[0]
    bench.sources(CALLS + plain)
    write_calls(bench, call("1", phone="0612345678"))
    write_cdr(bench, call("1", agent="A", email="a@b.fr"), call("9", agent="B"))
    write_cdr(bench, call("8", agent="C"), name="cdr2.csv", minutes=1)
    bench.run()
    separate = bench.contents()
    (bench.folder / "cdr1.csv").unlink()

    def arranged(text: str) -> list[tuple[Any, ...]]:
        bench.sources(text)
        report = bench.run()
        assert [row.status for row in report.rows] == ["unchanged", "unchanged"]
        return bench.query("select source, interaction_id, agent from interactions order by all")

    both = [("calls", "1", "A"), ("cdr", "8", "C"), ("cdr", "9", "B")]
    assert arranged(CALLS + cdr()) == both
    assert accounts(bench, "cdr") == (3, 3, 0, 0, 0)
    assert arranged(CALLS + cdr(unmatched="drop")) == both[:1]
    assert accounts(bench, "cdr") == (3, 1, 0, 0, 2)
    assert arranged(CALLS + cdr(unmatched="reject")) == both[:1]
    assert accounts(bench, "cdr") == (3, 1, 2, 0, 0)
    assert arranged(CALLS + cdr(unmatched="reject").replace("[interaction_id, {phone", "[{phone")) == [
        ("calls", "1", None)
    ]
    assert accounts(bench, "cdr") == (3, 0, 3, 0, 0)
    assert arranged(CALLS + cdr(unmatched="drop")) == both[:1]
    assert accounts(bench, "cdr") == (3, 1, 0, 0, 2)
    arranged(CALLS + plain)
    assert bench.contents() == separate


def test_one_of_two_that_complete_goes(bench: Bench) -> None:
    bench.sources(CALLS + cdr("cdr") + cdr("crm"))
    write_calls(bench, call("1"))
    write_cdr(bench, call("1", agent="A"))
    write_cdr(bench, call("1", queue="q"), name="crm1.csv")
    bench.run()
    asked = "select source, agent, queue from interactions order by all"
    assert bench.query(asked) == [("calls", "A", "q")]
    bench.sources(CALLS + cdr("cdr").split("  completes:")[0] + cdr("crm"))
    bench.run()
    assert bench.query(asked) == [("calls", None, "q"), ("cdr", "A", None)]
    bench.sources(CALLS + cdr("crm"))
    bench.run()
    assert bench.query(asked) == [("calls", None, "q")]


def test_a_completed_source_that_fails_keeps_its_filled_contacts(bench: Bench) -> None:
    bench.sources(CALLS + cdr())
    write_calls(bench, call("1"))
    write_cdr(bench, call("1", agent="A"))
    bench.run()
    bench.write("calls2.csv", "nothing,of,this\n1,2,3\n", minutes=1)
    write_cdr(bench, call("1", agent="A", talk=9), minutes=2)
    report = bench.run()
    assert [row.status for row in report.rows] == ["failed", "done"]
    assert bench.query("select source, agent, talk_s::int from interactions") == [("calls", "A", 9)]


def test_one_source_only(bench: Bench) -> None:
    bench.sources(CALLS + cdr())
    write_calls(bench, call("1"))
    write_cdr(bench, call("1", agent="A"))
    bench.run(only=["cdr"])
    assert contacts(bench) == [("cdr", "1")]
    bench.run(only=["calls"])
    assert bench.query("select source, interaction_id, agent from interactions") == [("calls", "1", "A")]


VOTES = """
votes:
  connector: table
  path: votes*.csv
  relation: surveys
  columns:
    survey_id: id
    question: question
    score: score
    answered_at: at
    interaction_id: about
    interaction_source: "case when about is not null then 'calls' end"
  identifiers: {phone: phone}
  completes: calls
  match: [interaction_id, {phone: 60 min}]
  unmatched: %s
"""


def test_surveys_find_their_contact(bench: Bench) -> None:
    """By its id; by the number of who answered, after the contact, one to each question of a contact."""
    bench.sources(CALLS + VOTES % "reject")
    write_calls(
        bench,
        call("1", 0, ended="2026-05-01 10:02", phone="0612345671"),
        call("2", 0, ended="2026-05-01 10:02", phone="0612345672"),
        call("3", 40, phone="0612345673"),
    )
    at = "2026-05-01 10:"
    answers = [
        f"a,nps,9,{at}30,1,",  # names its contact
        f"b,nps,8,{at}31,,0612345671",  # its question has an answer
        f"c,csat,4,{at}31,,0612345671",
        f"d,nps,7,{at}12,,0612345672",  # later than e: e is nearer
        f"e,nps,6,{at}05,,0612345672",
        f"f,nps,5,{at}39,,0612345673",  # before the contact
        f"g,nps,1,{at}30,77,0612345673",  # names one nobody knows, and is before the other
    ]
    bench.write("votes1.csv", "id,question,score,at,about,phone\n" + "\n".join(answers) + "\n")
    bench.run()
    asked = "select survey_id, interaction_source, interaction_id from surveys order by 1"
    assert bench.query(asked) == [("a", "calls", "1"), ("c", "calls", "1"), ("e", "calls", "2")]
    assert accounts(bench, "votes") == (7, 3, 4, 0, 0)
    assert bench.query('select record, "column" from rejects order by 1') == [
        (2, "survey_id"),
        (4, "survey_id"),
        (6, "survey_id"),
        (7, "survey_id"),
    ]
    owners = "select owner, owner_id from identifiers where source = 'votes' order by all"
    assert bench.query(owners) == [("survey", "c"), ("survey", "e")]
    assert bench.query("select distinct channel from fills where relation = 'surveys'") == [("phone",)]
    bench.sources(CALLS + VOTES % "keep")
    bench.run()
    assert bench.query("select count(*), count(interaction_id) from surveys") == [(7, 4)]
    assert accounts(bench, "votes") == (7, 7, 0, 0, 0)


def test_sources_that_coincide_are_told(bench: Bench) -> None:
    bench.sources(CALLS + cdr().split("  completes:")[0])
    many = [call(str(n), n) for n in range(20)]
    write_calls(bench, *many)
    write_cdr(bench, *many[:12])
    report = bench.run()
    told = (
        "`cdr` and `calls`: 100 % of the contacts of `cdr` stand in `calls` too, and count twice; "
        "add to source `cdr`: `completes: calls`, `match: [interaction_id]`"
    )
    assert told in report.notes
    assert report.exit_code == 0
    bench.sources(CALLS + cdr())
    report = bench.run()
    assert not [note for note in report.notes if "count twice" in note]
    assert len(contacts(bench)) == 20


def test_nothing_is_told_of_tiny_sources_nor_of_two_that_complete_the_same(bench: Bench) -> None:
    bench.sources(CALLS + cdr().split("  completes:")[0])
    few = [call(str(n), n) for n in range(5)]
    write_calls(bench, *few)
    write_cdr(bench, *few)
    assert not [note for note in bench.run().notes if "count twice" in note]
    bench.sources(CALLS + cdr("cdr") + cdr("crm"))
    many = [call(str(n), n) for n in range(20)]  # 15 of them are in neither
    write_cdr(bench, *many, minutes=1)
    write_cdr(bench, *many, name="crm1.csv")
    assert not [note for note in bench.run().notes if "count twice" in note]


def test_a_code_that_is_no_outcome_is_kept_and_counted(bench: Bench) -> None:
    bench.write("calls.csv", "id,t\nK1,2026-03-02 09:00\nK2,2026-03-02 09:10\n")
    bench.write("cdr.csv", "id,t,code\nK1,2026-03-02 09:00,ANS\nK2,2026-03-02 09:10,NOA\n")
    bench.sources(
        """
        calls:
          connector: table
          path: calls.csv
          columns: {interaction_id: id, channel: "'phone'", started_at: t}
        cdr:
          connector: table
          path: cdr.csv
          completes: calls
          columns:
            interaction_id: id
            channel: "'phone'"
            started_at: t
            outcome: case code when 'ANS' then 'handled' else code end
            outcome_detail: code
        """
    )
    bench.run()
    found = bench.query("select interaction_id, outcome, outcome_detail from interactions order by 1")
    assert found == [("K1", "handled", "ANS"), ("K2", None, "NOA")]
    assert bench.query("select kind, value, row_count from unmapped") == [("outcome", "NOA", 1)]
