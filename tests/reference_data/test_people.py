"""Published sets of people with known duplicates: what exact identifiers join, and that they join nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench import Workbench

HEAD = "workspace: people\ntimezone: UTC\ncountry: GB\n"
FAKE = """\
identity: {link_on: [email]}
sources:
  people:
    connector: table
    path: people.csv
    columns: {interaction_id: unique_id, channel: "'email'", started_at: "timestamp '2026-01-01'", intent: cluster}
    identifiers: {email: email}
"""
FEBRL = """\
identity: {link_on: [soc, address]}
sources:
  people:
    connector: table
    path: people.csv
    columns:
      interaction_id: trim(rec_id)
      channel: "'mail'"
      started_at: "timestamp '2026-01-01'"
      intent: split_part(trim(rec_id), '-', 2)
    identifiers:
      soc: nullif(trim(soc_sec_id), '')
      address: >-
        case when trim(address_1) <> '' and trim(street_number) <> '' then
          trim(street_number) || ' ' || trim(address_1) || ' ' || trim(postcode) end
"""
INCIDENTS = """\
sources:
  incidents:
    connector: table
    path: incidents*
    missing: ["?"]
    columns:
      interaction_id: number
      channel: lower(contact_type)
      started_at: strptime(opened_at, '%d-%m-%Y %H:%M')
      version_at: strftime(strptime(sys_updated_at, '%d-%m-%Y %H:%M'), '%Y%m%d%H%M') || lpad(sys_mod_count, 6, '0')
    identifiers: {customer_id: caller_id}
"""
PAIRS = """
    with linked as (select d.person_id, i.intent as truth from identities d
        join interactions i using (source, interaction_id) where d.person_id is not null),
    sizes as (select person_id, count(*) as n from linked group by 1),
    agreed as (select person_id, truth, count(*) as n from linked group by 1, 2)
    select (select sum(n * (n - 1) / 2)::bigint from sizes) as pairs,
        (select sum(n * (n - 1) / 2)::bigint from agreed) as true_pairs
"""


def test_exact_addresses_join_the_pairs_they_should(workbench: Workbench, bring: Callable[..., Path]) -> None:
    bring("fake-1000/fake_1000.csv", "people.csv")
    workbench.workspace(HEAD + FAKE)
    workbench.call("run")
    assert workbench.sql(PAIRS) == [{"pairs": 682, "true_pairs": 682}]


def test_a_number_and_an_address_of_people_typed_twice(workbench: Workbench, bring: Callable[..., Path]) -> None:
    """500 people, each twice: a union-find over the rows, on the number and on house number, street and postcode, finds
    466 pairs, all true; on the address alone 206."""
    bring("febrl1/dataset1.csv", "people.csv")
    workbench.workspace(HEAD + FEBRL)
    workbench.call("run")
    (both,) = workbench.sql(PAIRS)
    assert both == {"pairs": 466, "true_pairs": 466}
    workbench.workspace(HEAD + FEBRL.replace("link_on: [soc, address]", "link_on: [address]"))
    workbench.call("run")
    assert workbench.sql(PAIRS) == [{"pairs": 206, "true_pairs": 206}]


def test_people_of_a_help_desk_are_its_callers(workbench: Workbench, bring: Callable[..., Path]) -> None:
    bring("servicenow-incidents-slice/incident_event_log.csv.gz", "incidents.csv.gz")
    workbench.workspace(HEAD + INCIDENTS)
    workbench.call("run")
    (row,) = workbench.sql("select count(*) as n, count(distinct person_id) as people from identities")
    assert row == {"n": 890, "people": 639}
