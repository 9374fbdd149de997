"""The log of changes is complete: linked by it after any change of files, people are those of a full link."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from identity_bench import Linked
from ingest_bench import HEAD, Bench

from omnictl.engines.connection import quoted
from omnictl.identity import increment, stage
from omnictl.ingest import touched
from omnictl.ingest.ledger import Corrections

SOURCES = """
calls:
  connector: table
  path: calls*.csv
  columns: {interaction_id: id, channel: ch, started_at: begun, version_at: version, consent: agreed}
  identifiers: {phone: phone, customer_id: customer}
"""
CRM = """
crm:
  connector: table
  path: crm*.csv
  columns: {interaction_id: id, channel: ch, started_at: begun, consent: agreed}
  identifiers: {email: customer, phone: phone}
  completes: calls
  match: [interaction_id]
  unmatched: keep
"""
WEB = """
web:
  connector: table
  path: web*.csv
  columns: {interaction_id: "'w' || id", channel: "'web'", started_at: begun, consent: agreed}
  identifiers: {cookie: customer}
pages:
  connector: table
  path: web*.csv
  relation: steps
  columns: {step_id: id || version, interaction_id: "'w' || id", occurred_at: begun, type: "'page'", object: ch}
tickets:
  connector: table
  path: web*.csv
  relation: identifiers
  columns: {owner_id: id, kind: "'phone'", value: phone}
"""
SETTINGS = "identity: {limits: {phone: 1, cookie: 1}, busy: {phone: 3}}\n"
REFERENTIAL = """
intents: {claim: {}}
match:
  - {page: /phone*, intent: claim}
"""
LINES = "id,ch,begun,version,agreed,phone,customer\n"
STEPS = 5


def line(draw: random.Random) -> str:
    id_, customer = draw.randrange(14), draw.choice(["", "", "c1", "c2", "c3", "c4"])
    channel, agreed = draw.choice(["phone", "web", "chat"]), draw.choice(["true", "true", "false"])
    phone = draw.choice(["", *(f"061234567{n}" for n in range(4))])
    return f"{id_},{channel},2026-05-{draw.randrange(1, 29):02} 10:00,{draw.randrange(4)},{agreed},{phone},{customer}\n"


def deliver(bench: Bench, draw: random.Random, minute: int, names: list[str]) -> Corrections:
    """A file that is new, another, longer, or gone; sometimes one is to be forgotten."""
    path = bench.folder / f"{draw.choice(names)}{draw.randrange(3)}.csv"
    lines = "".join(line(draw) for _ in range(draw.randrange(1, 5)))
    if not path.exists():
        bench.write(path.name, LINES + lines, minutes=minute)
    elif (what := draw.randrange(4)) == 0:
        bench.write(path.name, path.read_text() + lines, minutes=minute)
    elif what == 1:
        return Corrections(False, (), (path.name,))
    else:
        bench.write(path.name, LINES + lines, minutes=minute)
    return Corrections()


def in_full(bench: Bench) -> Linked:
    """The same interactions and identifiers in another store, linked for the first time."""
    other = Linked(bench.workspace.identity, duckdb.connect())
    other.connection.execute(f"attach {quoted(str(bench.store.published))} as other (read_only)")
    for table in ("interactions", "identifiers"):
        other.connection.execute(f"insert into {table} by name select * from other.{table}")
    other.connection.execute("detach other")
    other.link(full=True)
    return other


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each link was an increment, however much has changed."""
    found: list[bool] = []
    gather_touched: Callable[..., bool] = increment.gather_touched

    def told(*args: Any) -> bool:
        found.append(gather_touched(*args))
        return found[-1]

    monkeypatch.setattr(touched, "PART", 0)
    monkeypatch.setattr(increment, "PART", 0)
    monkeypatch.setattr(stage.increment, "gather_touched", told)
    return found


@pytest.mark.parametrize(
    ("sources", "names", "seed"),
    [(SOURCES, ["calls"], 1), (SOURCES + CRM, ["calls", "crm"], 2), (SOURCES + WEB, ["web", "calls"], 3)],
)
def test_people_are_those_of_a_full_link(
    tmp_path: Path, taken: list[bool], sources: str, names: list[str], seed: int
) -> None:
    bench, draw = Bench(tmp_path), random.Random(seed)
    bench.write("referential.yml", REFERENTIAL)
    bench.sources(sources, head=HEAD + "referential: referential.yml\n" + SETTINGS)
    for name in names:
        bench.write(f"{name}0.csv", LINES + "".join(line(draw) for _ in range(9)))
    bench.run(stages=("ingest", "link"))
    changed = 0
    for minute in range(1, STEPS + 1):
        before = bench.query("select source, interaction_id, person_id from identities")
        bench.run(stages=("ingest", "link"), corrections=deliver(bench, draw, minute, names))
        other = in_full(bench)
        asked = "select source, interaction_id, person_id, link, via from identities order by all"
        assert bench.query(asked) == other.query(asked), minute
        assert bench.query("from cut_identifiers order by all") == other.query("from cut_identifiers order by all")
        assert bench.query("from changed_interactions") == bench.query("from gone_identifiers") == []
        changed += bench.query("select source, interaction_id, person_id from identities") != before
    assert taken
    assert all(taken)
    assert changed > STEPS // 2
