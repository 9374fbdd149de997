"""A workspace in which one person, Ann, has left traces in every relation, and how it looks without her."""

from __future__ import annotations

import re
from pathlib import Path

from workbench import Workbench

WORKSPACE = """\
workspace: small
timezone: Europe/Paris
country: FR
referential: referential.yml
sources:
  desk:
    connector: table
    path: desk*.csv
    columns: {interaction_id: id, channel: channel, intent: "'bill'", started_at: begun, ended_at: ended,
      answered_at: begun, outcome: "'handled'", agent: agent, parent_id: parent, parent_kind: "case when parent is not
      null then 'escalation' end"}
    identifiers: {customer_id: customer}
    max_rejects: 50%
  cdr:
    connector: table
    path: cdr.csv
    completes: desk
    columns: {interaction_id: uid, channel: "'phone'", started_at: begun, talk_s: talk}
    identifiers: {phone: phone}
  parts:
    connector: table
    path: parts.csv
    completes: desk
    relation: segments
    columns: {segment_id: part, interaction_id: call, kind: "'agent'", queue: "'help'", agent: agent,
      started_at: begun, ended_at: ended}
  site:
    connector: table
    path: visits.csv
    columns: {interaction_id: id, channel: "'web'", started_at: begun, consent: consent}
    identifiers: {customer_id: customer, cookie: cookie}
  pages:
    connector: table
    path: pages.csv
    relation: steps
    columns: {step_id: id, interaction_id: visit, occurred_at: seen, type: "'page'", object: "'/bill'"}
  votes:
    connector: table
    path: votes.csv
    relation: surveys
    columns: {survey_id: id, interaction_source: "'desk'", interaction_id: call, question: "'nps'", score: score,
      answered_at: at, comment: words}
    identifiers: {email: mail}
  shown:
    connector: table
    path: shown.csv
    relation: decisions
    columns: {decision_id: id, occurred_at: at, session: visit}
  choices:
    connector: table
    path: choices.csv
    relation: offers
    columns: {decision_id: id, solution: "'faq'", position: "1"}
identity: {link_on: [customer_id, email, cookie, phone], limits: {phone: 2},
  secret: 0123456789abcdef0123456789abcdef}
"""
REFERENTIAL = """\
intents: {bill: {label: Bill}}
rates: [{channel: phone, per_contact: 4}, {channel: email, per_contact: 2}, {channel: chat, per_contact: 3}]
"""
FILES = {
    "desk1.csv": """\
id,customer,channel,begun,ended,agent,parent
ann-call-1,,phone,2026-03-02 09:00:00,2026-03-02 09:10:00,eve,
ann-call-2,C-Ann,phone,2026-03-04 09:00:00,2026-03-04 09:10:00,eve,
ann-robot,C-Ann,chat,2026-03-05 09:00:00,2026-03-05 09:10:00,eve,
bob-call-1,C-Bob,phone,2026-03-02 09:05:00,2026-03-02 09:20:00,eve,
bob-call-2,C-Bob,phone,2026-03-06 09:05:00,2026-03-06 09:20:00,eve,
bob-mail-1,C-Bob,email,2026-03-05 09:10:00,2026-03-05 09:12:00,eve,ann-robot
cid-call-1,C-Cid,phone,2026-03-03 09:05:00,2026-03-03 09:20:00,eve,
,C-Ann,phone,2026-03-04 09:00:00,2026-03-04 09:10:00,eve,ann-call-2
,C-Cid,phone,2026-03-04 09:00:00,2026-03-04 09:10:00,eve,
""",
    "cdr.csv": """\
uid,begun,phone,talk
ann-call-1,2026-03-02 09:00:00,06 12 34 56 78,500
ann-call-2,2026-03-04 09:00:00,,500
bob-call-1,2026-03-02 09:05:00,0612345679,400
bob-call-2,2026-03-06 09:05:00,0612345679,400
cid-call-1,2026-03-03 09:05:00,,400
""",
    "parts.csv": """\
part,call,agent,begun,ended
ann-call-1/1,ann-call-1,eve,2026-03-02 09:00:00,2026-03-02 09:10:00
ann-call-2/1,ann-call-2,eve,2026-03-04 09:00:00,2026-03-04 09:10:00
bob-call-1/1,bob-call-1,eve,2026-03-02 09:05:00,2026-03-02 09:20:00
""",
    "visits.csv": """\
id,customer,cookie,begun,consent
ann-visit-1,C-Ann,ann-cookie,2026-03-01 09:00:00,true
ann-visit-2,,ann-cookie,2026-03-01 10:00:00,false
bob-visit-1,C-Bob,bob-cookie,2026-03-01 11:00:00,true
""",
    "pages.csv": """\
id,visit,seen
ann-visit-1/1,ann-visit-1,2026-03-01 09:00:00
bob-visit-1/1,bob-visit-1,2026-03-01 11:00:00
""",
    "votes.csv": """\
id,call,score,at,mail,words
ann-vote,ann-call-2,3,2026-03-04 12:00:00,Ann@Example.org,Ann was here
bob-vote,bob-call-1,9,2026-03-04 12:00:00,bob@example.org,fine
""",
    "shown.csv": "id,at,visit\nann-shown,2026-03-01 09:01:00,ann-visit-1\nbob-shown,2026-03-01 11:01:00,bob-visit-1\n",
    "choices.csv": "id\nann-shown\nbob-shown\n",
}
LATER = {  # what makes one person of Ann's two
    "desk2.csv": """\
id,customer,channel,begun,ended,agent,parent
ann-call-3,C-Ann,phone,2026-03-08 09:00:00,2026-03-08 09:10:00,eve,
bob-call-3,C-Bob,phone,2026-03-08 09:05:00,2026-03-08 09:20:00,eve,
""",
    "cdr.csv": FILES["cdr.csv"]
    + "ann-call-3,2026-03-08 09:00:00,+33612345678,500\nbob-call-3,2026-03-08 09:05:00,,400\n",
    "parts.csv": FILES["parts.csv"] + "bob-call-3/1,bob-call-3,eve,2026-03-08 09:05:00,2026-03-08 09:20:00\n",
}
ANN = re.compile("ann|0?6 ?12 ?34 ?56 ?78", re.IGNORECASE)


def centre(folder: Path, *, with_ann: bool = True) -> Workbench:
    """The workspace, loaded in two runs; without her in one."""
    bench = Workbench(folder)
    bench.workspace(WORKSPACE)
    bench.write("referential.yml", REFERENTIAL)
    for files in (FILES, LATER) if with_ann else (FILES | LATER,):
        for name, text in files.items():
            bench.write(name, text if with_ann else without_ann(text))
        bench.call("run")
    return bench


def without_ann(text: str) -> str:
    """An export without the lines that name her; of a line of somebody else's, without the id that is hers."""
    kept = [
        line.replace("ann-robot", "") if line.startswith("bob") else line for line in text.splitlines(keepends=True)
    ]
    return "".join(line for n, line in enumerate(kept) if not n or not ANN.search(line.replace("channel", "")))


def _let_go(line: str) -> str:
    return line.replace("ann-robot", "") if line.startswith("bob") else line
