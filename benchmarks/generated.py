"""A glossary of as many KPIs as one likes, each as a team writes one: texts in two languages, a parameter, expressions
by channel, two variants, two worked figures; every fifth is made of two others."""

from __future__ import annotations

from pathlib import Path

KPI = """\
kpi: waits_{n}
label: {{en: "Long waits, team {n}", fr: "Attentes longues, équipe {n}"}}
question:
  en: How many of those who wait for team {n} wait too long?
  fr: Parmi ceux qui attendent l'équipe {n}, combien attendent trop ?
definition:
  en: Inbound contacts of team {n} that waited longer than the promise, out of all that entered its queue.
  fr: Contacts entrants de l'équipe {n} ayant attendu plus que le délai promis, rapportés à tous ceux entrés en file.
synonyms: {{en: ["long holds of {n}"], fr: ["attentes hors délai de {n}"]}}
wording: {{phone: {{en: calls kept waiting, fr: appels en attente longue}}}}
owner: operations
unit: ratio
rollup: share
better: lower
from: interactions
at: queued_at
where: direction = 'inbound' and excluded = '' and team = 'team {n}'
channels: [phone, chat, email]
parameters: {{promise: {n} s}}
numerator:
  email: count_if(date_diff('second', started_at, coalesce(answered_at, ended_at)) > 60 * :promise)
  default: count_if(coalesce(wait_s, 0) > :promise and coalesce(outcome, '') <> 'blocked')
denominator: count(*)
target: {{value: 0.05, by: {{channel: {{chat: 0.10}}}}}}
variants:
  answered:
    where: direction = 'inbound' and excluded = '' and team = 'team {n}' and outcome = 'handled'
    note: {{en: of those who were answered, fr: parmi ceux qui ont été décrochés}}
  patient:
    parameters: {{promise: {twice} s}}
    note: {{en: with twice the promise, fr: avec le double du délai}}
tests:
  - name: one of two waits too long
    given: {{interactions: [{{wait_s: {twice}1, team: team {n}}}, {{wait_s: 1, team: team {n}}}]}}
    expect: 1/2
  - name: another team does not count
    given: {{interactions: [{{wait_s: {twice}1, team: none}}, {{wait_s: 1, team: team {n}}}]}}
    expect: 0/1
source: [generated]
"""
COMPOSED = """\
kpi: waits_{n}
label: {{en: "Waits compared, {n}", fr: "Attentes comparées, {n}"}}
question: {{en: "How do waits of {n} compare?", fr: "Comment se comparent les attentes de {n} ?"}}
owner: operations
unit: score
rollup: index
better: lower
parts: {{one: kpi(waits_{one}), other: kpi('waits_{other}@answered')}}
formula: 100.0 * (one - other)
tests:
  - given: {{interactions: [{{wait_s: 100001, team: team {one}}}]}}
    expect: null
  - given: {{interactions: [{{wait_s: 100001, team: team {one}}}, {{wait_s: 1, team: team {other}, outcome: handled}}]}}
    expect: 100
source: [generated]
"""


def generate(folder: Path, count: int) -> Path:
    """Write a glossary of `count` KPIs, one to a file, and give its folder back."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(1, count + 1):
        text = COMPOSED if n % 5 == 0 else KPI
        told = text.format(n=n, twice=2 * n, one=n - 1, other=n - 2)
        (folder / f"waits_{n}.yml").write_text(told, encoding="utf-8")
    return folder
