"""Two exports of the same contacts, as a user sees them: rows of a run, `show`, `status` and KPIs."""

from __future__ import annotations

import pytest
from workbench import ACCOUNTED, Workbench

WORKSPACE = """\
workspace: test
timezone: Europe/Paris
country: FR
sources:
  calls:
    connector: table
    path: calls*.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun}
    identifiers: {phone: phone}
  cdr:
    connector: table
    path: cdr*.csv
    columns: {interaction_id: uid, channel: "'phone'", started_at: begun, talk_s: talk}
    identifiers: {phone: phone}
    completes: calls
    match: [interaction_id, {phone: 10 min}]
    unmatched: UNMATCHED
    max_rejects: 20%
"""


def line(id_: str, minute: int, phone: str = "", talk: str = "") -> str:
    return f"{id_},2026-03-02 10:{minute:02},{phone},{talk}\n"


@pytest.fixture
def centre(workbench: Workbench) -> Workbench:
    """Five calls; four of six call records are of them."""
    calls = "".join(line(str(n), n, f"061234567{n}") for n in range(5))
    workbench.write("calls1.csv", "id,begun,phone,talk\n" + calls)
    records = line("0", 0, talk="10") + line("1", 1, talk="20") + line("x", 3, "+33 6 12 34 56 72", "30")
    records += line("y", 50, "0612345673", "40") + line("z", 5, talk="50") + line("4", 55, talk="60") + ",,,\n"
    workbench.write("cdr1.csv", "uid,begun,phone,talk\n" + records)
    return workbench


@pytest.mark.parametrize(
    ("unmatched", "code", "account", "received"),
    [
        ("keep", 0, (7, 6, 0, 0, 1), 7),
        ("drop", 0, (7, 4, 0, 0, 3), 5),
        ("reject", 1, (7, 4, 2, 0, 1), 5),
    ],
)
def test_each_contact_counts_once_and_each_record_has_its_account(
    centre: Workbench, unmatched: str, code: int, account: tuple[int, ...], received: int
) -> None:
    centre.workspace(WORKSPACE.replace("UNMATCHED", unmatched))
    printed = {row["source"]: row for row in centre.rows("run", expect=code)}
    assert tuple(printed["cdr"][name] for name in ACCOUNTED) == account
    assert printed["cdr"]["status"] == ("too_many_rejects" if code else "done")
    assert tuple(centre.accounting("cdr").values()) == account
    (status,) = [row for row in centre.rows("status") if row["source"] == "cdr"]
    assert tuple(status[name] for name in ACCOUNTED) == account
    (file,) = centre.sql("select records, used, rejected, superseded, filtered from files where source = 'cdr'")
    assert tuple(file[name] for name in ACCOUNTED) == account
    rejects = centre.rows("show", "rejects")
    assert [(row["record"], row["column"], row["reason"]) for row in rejects] == (
        [(4, "interaction_id", "no contact of `calls` matches it"), (5, "interaction_id", rejects[0]["reason"])]
        if code
        else []
    )
    (kpi,) = centre.rows("kpi", "query", "contacts_received", "--period", "2026-03-02")
    assert kpi["contacts_received"] == received
    talked = centre.sql("select count(*) as n, sum(talk_s)::int as talk_s from interactions where source = 'calls'")
    assert talked == [{"n": 5, "talk_s": 10 + 20 + 30 + 60}]


def test_without_completes_they_count_twice_and_with_it_they_do_not(centre: Workbench) -> None:
    together = WORKSPACE.replace("UNMATCHED", "drop")
    lines = together.splitlines(keepends=True)
    centre.workspace("".join(each for each in lines if "completes" not in each and "match" not in each))
    query = ("kpi", "query", "contacts_received", "--period", "2026-03-02")
    centre.call("run")
    assert centre.rows(*query)[0]["contacts_received"] == 11
    centre.workspace(together)
    loads = [row["status"] for row in centre.rows("run") if row["stage"] == "ingest"]
    assert loads == ["unchanged", "unchanged"]  # nothing is read again
    assert centre.rows(*query)[0]["contacts_received"] == 5
