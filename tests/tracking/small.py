"""A small workspace of calls, chats, visits of a FAQ and their steps: enough for a plan. No exports are needed."""

from __future__ import annotations

from pathlib import Path

from omnictl.tracking.load import load_plan
from omnictl.tracking.plan import Event, Plan, Property
from omnictl.workspace import Workspace, load_workspace

WORKSPACE = """\
workspace: Petit Centre
timezone: Europe/Paris
country: FR
language: fr
referential: referential.yml
identity: {link_on: [customer_id, email, cookie, phone], consent: required}
sources:
  calls:
    connector: table
    path: data/calls*.csv
    retrieval:
      {method: sftp, every: 1d, lateness: 2h, owner: telephony, backfill: 30d, store: raw.calls, retention: 13 months}
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: debut
      queued_at: debut
      outcome: case issue when 'DECROCHE' then 'handled' when 'RACCROCHE' then 'abandoned' end
      queue: file
      wait_s: attente
      talk_s: 'duree - coalesce(attente, 0)'
    identifiers: {phone: appelant}
  faq:
    connector: table
    path: data/faq*.jsonl
    retrieval: {method: api, every: 1h, lateness: 1h, owner: digital}
    columns:
      interaction_id: session
      channel: "'faq'"
      started_at: begun
      page: landing
      consent: visitor.consent
    identifiers: {cookie: visitor.cookie, ip: visitor.ip}
  reads:
    connector: table
    path: data/reads*.csv
    completes: faq
    relation: steps
    columns:
      step_id: id
      interaction_id: session
      occurred_at: at
      type: case kind when 'r' then 'article' when 's' then 'search' end
      object: article
"""
REFERENTIAL = """\
intents: {bill: {label: {en: Bills, fr: Factures}}}
match:
  - {queue: "fact*", intent: bill}
  - {page: "/factures/**", intent: bill}
"""
TRACKING = """\
plan: {id: petit, version: 1.2.0, owner: pilotage}
needs:
  - id: qui-appelle
    question: {fr: Qui appelle après la FAQ ?, en: Who calls after the FAQ?}
    decision: {fr: Réécrire les articles., en: Rewrite the articles.}
    asked_by: digital
    kpis: [phone_after_web_rate]
    by: [step.article, intent]
    every: day
  - id: attente
    question: Combien attendent ?
    decision: Renforcer.
    kpis: [abandonment_rate, average_handle_time]
    by: [queue]
    channels: [phone]
purposes:
  evidence: {text: {en: Evidence of visits., fr: Indice.}, columns: [identifier.ip]}
"""


def workspace(folder: Path, text: str = WORKSPACE, tracking: str | None = TRACKING) -> Workspace:
    """The workspace in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "omnictl.yml").write_text(text, encoding="utf-8")
    (folder / "referential.yml").write_text(REFERENTIAL, encoding="utf-8")
    if tracking is not None:
        (folder / "tracking.yml").write_text(tracking, encoding="utf-8")
    return load_workspace(folder / "omnictl.yml")


def plan(folder: Path, text: str = WORKSPACE, tracking: str | None = TRACKING) -> Plan:
    """Its plan."""
    return load_plan(workspace(folder, text, tracking))


def event(found: Plan, id: str) -> Event:
    """An event that must be there."""
    known = found.event(id)
    assert known is not None, [each.id for each in found.events]
    return known


def prop(found: Plan, id: str, column: str) -> Property:
    """A property that must be there."""
    known = event(found, id).find(column)
    assert known is not None, [each.column for each in event(found, id).properties]
    return known
