"""A help desk whose data break its plan in every way, each a known number of times.

Calls of five days in March 2026, twelve a day; a second source that describes ten of them with a slow clock; a third
that holds twelve of them once more; visits of a FAQ with their steps. Days are local ones of UTC, so that counts can be
read off the lines.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from workbench import Workbench

NOW = "2026-03-10T12:00:00"
WORKSPACE = """\
workspace: Help desk
timezone: UTC
country: FR
identity: {secret: a key that is long enough, link_on: [phone]}
sources:
  calls:
    connector: table
    path: calls/*.csv
    retrieval: {method: sftp, every: 1 d, lateness: 2 h, owner: telephony}
    max_rejects: 10%
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: begun
      answered_at: answered
      ended_at: ended
      outcome: case result when 'OK' then 'handled' when 'RAC' then 'abandoned' else result end
      queue: queue
      wait_s: wait
      talk_s: talk
      acw_s: acw
    identifiers: {phone: caller}
  crm:
    connector: table
    path: crm.csv
    completes: calls
    match: [interaction_id]
    retrieval: {method: sftp, every: 7 d, owner: care}
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, intent: why}
  twin:
    connector: table
    path: twin.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, ended_at: ended, outcome: "'handled'",
              queue: "'care'", talk_s: talk, acw_s: acw}
  faq:
    connector: table
    path: faq.csv
    retrieval: {owner: digital}
    columns: {interaction_id: visit, channel: place, started_at: begun, ended_at: ended, page_views: pages}
  faq_steps:
    connector: table
    relation: steps
    path: steps.csv
    completes: faq
    columns: {step_id: id, interaction_id: visit, type: type, occurred_at: at, value: found, object: words}
"""
TRACKING = """\
plan: {id: help-desk, version: 1.2.0, owner: cx-data, enforcement: stamp}
tolerances: {nulls: 5%, clock: 5 min}
needs:
  - id: answering
    question: {en: Do we answer?, fr: Répond-on ?}
    decision: {en: how many agents, fr: "combien d'agents"}
    kpis: [answer_rate, average_handle_time]
    by: [queue]
    channels: [phone]
  - id: searching
    question: {en: Does the FAQ answer?, fr: La FAQ répond-elle ?}
    decision: {en: which articles, fr: quels articles}
    kpis: [search_no_result_rate]
    channels: [faq]
  - id: content
    question: {en: Are they content?, fr: Sont-ils contents ?}
    decision: {en: what to mend, fr: quoi corriger}
    kpis: [nps]
events:
  interactions.phone:
    properties:
      queue: {values: [sales, care]}
      acw_s: {min: 0, max: 600, nulls: 10%}
"""
HEAD = "id,begun,answered,ended,result,queue,wait,talk,acw,caller"
DAYS = (2, 3, 5, 6)  # of March 2026; Wednesday the 4th is missing
RECEIVED = {2: "03T01:00", 3: "04T01:00", 5: "06T01:00", 6: "09T12:00", 7: "10T01:00"}  # the 6th comes late
A_DAY = 12


def calls(day: int, planted: dict[int, dict[str, str]] | None = None) -> str:
    """The export of a day: twelve calls an hour apart, each answered after 30 s. `planted`: cells by number of call."""
    lines = [HEAD]
    for number in range(A_DAY):
        begun = datetime(2026, 3, day, 8 + number, tzinfo=UTC).replace(tzinfo=None)
        cells = {
            "id": f"{day}-{number}",
            "begun": begun.isoformat(),
            "answered": (begun + timedelta(seconds=30)).isoformat(),
            "ended": (begun + timedelta(minutes=5)).isoformat(),
            "result": "OK",
            "queue": "sales" if number % 2 else "care",
            "wait": "30",
            "talk": "270",
            "acw": "20",
            "caller": f"+3361234{day:02}{number:02}",
        }
        cells |= (planted or {}).get(number, {})
        lines.append(",".join(cells[name] for name in HEAD.split(",")))
    return "\n".join(lines) + "\n"


def received(bench: Workbench, name: str, content: str, moment: str) -> None:
    """A file that came at a moment of March 2026: `03T01:00`."""
    path = bench.write(name, content)
    at = datetime.fromisoformat(f"2026-03-{moment}:00+00:00").timestamp()
    os.utime(path, (at, at))


FAULTS: dict[int, dict[int, dict[str, str]]] = {
    2: {
        1: {"queue": "TEST"},
        2: {"queue": "TEST"},
        3: {"queue": "old"},
        4: {"acw": "-5"},
        5: {"acw": "601"},
        6: {"acw": "900"},
        7: {"result": "XX"},  # a code nobody knows
    },
    3: {
        0: {"begun": "someday"},  # a reject: 48 calls are left
        1: {"ended": "2026-03-03T08:00:00"},  # an hour before it began; replaced two days later
        2: {"queue": "", "acw": ""},
        3: {"queue": ""},
        4: {"queue": ""},
        5: {"result": ""},
        6: {"result": ""},
        7: {"ended": "2026-03-03T14:59:00"},  # a minute before it began
    },
    5: {0: {"id": "3-1", "begun": "2026-03-05T08:00:00"}},  # once more, newer: its fault is gone with the old record
    6: {0: {"begun": "2026-03-25T08:00:00", "answered": "", "ended": "", "result": "RAC"}},
}


def rows(head: str, lines: Iterable[str]) -> str:
    """A CSV."""
    return "\n".join([head, *lines]) + "\n"


def broken(bench: Workbench) -> Workbench:
    """The help desk with everything wrong."""
    bench.workspace(WORKSPACE)
    bench.write("tracking.yml", TRACKING)
    for day in DAYS:
        received(bench, f"calls/2026-03-{day:02}.csv", calls(day, FAULTS[day]), RECEIVED[day])
    received(bench, "calls/2026-03-07.csv", HEAD + "\n", RECEIVED[7])
    described = [f"2-{number},2026-03-02T{8 + number:02}:15:00,billing" for number in range(10)]
    received(bench, "crm.csv", rows("id,begun,why", described), "09T01:00")
    again = [f"6-{n},2026-03-06T{8 + n:02}:00:10,2026-03-06T{8 + n:02}:05:00,270,20" for n in range(1, A_DAY)]
    received(bench, "twin.csv", rows("id,begun,ended,talk,acw", again), "09T01:00")
    visits = [f"v{n},2026-03-02T10:{n:02}:00,2026-03-02T10:{n + 5:02}:00,{n},faq" for n in range(8)]
    visits += ["w1,2026-03-02T10:00:00,2026-03-02T10:05:00,1,app"]
    received(bench, "faq.csv", rows("visit,begun,ended,pages,place", visits), "09T01:00")
    steps = [f"s{n},v{n},search,2026-03-02T10:{n + 1:02}:00,,word" for n in range(6)]
    steps += ["s6,v6,search,2026-03-02T11:00:00,,word", "s7,v7,article,2026-03-02T10:08:00,,rates"]
    received(bench, "steps.csv", rows("id,visit,type,at,found,words", steps), "09T01:00")
    bench.call("ingest", "-q")
    return bench
