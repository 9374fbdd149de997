"""`omnictl journey needs`: its table, card and list, on thirteen rows worked out by hand and beside `kpi query`."""

from __future__ import annotations

from typing import Any

import pytest
from desk_and_site import HEAD, LINKED, desk, loaded
from workbench import Workbench

# Local times of Paris; the data reach to the end of 20 March. The last row is of nobody, and begun by the company.
ROWS = """\
id,customer,channel,intent,start,end,outcome,direction
1,A,web,bill,2026-03-02 09:00,2026-03-02 09:10,,inbound
2,A,phone,bill,2026-03-02 09:40,2026-03-02 09:46,handled,inbound
3,A,phone,bill,2026-03-05 11:00,2026-03-05 11:08,handled,inbound
4,B,phone,move,2026-03-03 10:00,2026-03-03 10:05,handled,inbound
5,B,email,bill,2026-03-08 08:00,2026-03-08 08:00,handled,inbound
6,C,chat,pay,2026-03-04 14:00,2026-03-04 14:12,handled,inbound
7,C,phone,pay,2026-03-11 14:05,2026-03-11 14:10,handled,inbound
8,D,form,pay,2026-03-06 16:00,2026-03-06 16:05,self_served,inbound
9,D,phone,pay,2026-03-07 09:00,2026-03-07 09:06,handled,inbound
10,E,phone,bill,2026-03-16 10:00,2026-03-16 10:07,handled,inbound
11,,phone,bill,2026-03-09 10:00,2026-03-09 10:04,handled,inbound
12,F,phone,bill,2026-03-10 09:00,2026-03-10 09:05,handled,inbound
13,F,web,bill,2026-03-10 10:00,2026-03-10 10:05,,inbound
end,,phone,bill,2026-03-21 00:00,2026-03-21 00:00,handled,outbound
ends,,web,,2026-03-21 00:00,2026-03-21 00:00,,outbound
"""
WORKSPACE = HEAD + "referential: referential.yml\nsources:\n" + desk("consent: \"'true'\"") + LINKED
RATES = """\
rates:
  - {channel: phone, per_contact: 4}
  - {channel: chat, per_contact: 2}
  - {channel: email, per_contact: 2}
  - {channel: web, per_contact: 0.5}
  - {channel: form, per_contact: 0.5}
"""


@pytest.fixture(scope="module")
def thirteen(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("needs")
    (folder / "referential.yml").write_text(RATES, encoding="utf-8")
    return loaded(folder, WORKSPACE, contacts=ROWS)


def told(rows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[Any, Any]]:
    return {(row.get("intent", ""), row["kpi"]): (row["numerator"], row["denominator"]) for row in rows}


def test_thirteen_rows_by_hand(thirteen: Workbench) -> None:
    """Of bill A has 1 to 3, B 5, F 12 and 13, and E 10 is still open; of move B 4; of pay C 6 and 7, D 8 and 9."""
    found = told(thirteen.rows("journey", "needs"))
    assert found["bill", "chain_length"] == (6, 3)
    assert found["bill", "first_interaction_resolution"] == (1, 3)  # A and F took more than one
    assert found["bill", "channel_switch_rate"] == (2, 3)
    assert found["bill", "time_to_resolution"] == ((3 * 24 + 2) * 3600 + 480 + 65 * 60, 3)
    assert found["bill", "journey_cost"] == (8.5 + 2 + 4.5, 3)
    assert found["bill", "first_contact_resolution"] == (2, 3)  # 2, 5 and 12: only 2 is followed by a call
    assert found["pay", "chain_length"] == (4, 2)
    assert found["pay", "channel_switch_rate"] == (2, 2)
    assert found["move", "chain_length"] == (1, 1)
    assert {row["immature"] for row in thirteen.rows("journey", "needs") if row["kpi"] == "chain_length"} == {0, 1}


def test_assisted_needs_are_cut_anew(thirteen: Workbench) -> None:
    (row,) = [row for row in thirteen.rows("journey", "needs", "--scope", "assisted", "--total", "--by", "scope")
              if row["kpi"] == "chain_length@assisted" and row["total"]]  # fmt: skip
    assert (row["numerator"], row["denominator"]) == (8, 6)


@pytest.mark.parametrize("scope", ["all", "assisted"])
def test_figures_are_those_of_the_kpis(thirteen: Workbench, scope: str) -> None:
    asked = ("--by", "channel", "--total", "--where", "intent <> 'move'", "--period", "2026-03")
    rows = thirteen.rows("journey", "needs", "--scope", scope, *asked)
    kpis = tuple(dict.fromkeys(row["kpi"] for row in rows))
    assert len(kpis) == 7 and ("chain_length" in kpis) is (scope == "all")
    assert rows == thirteen.rows("kpi", "query", *kpis, *asked, "--long")


def test_people_see_closed_and_open_apart_and_a_card(thirteen: Workbench) -> None:
    said = thirteen.call("journey", "needs")
    lines = said.stdout.splitlines()
    assert lines[0].split()[:3] == ["intent", "Needs", "Still"]
    assert lines[2].split()[:5] == ["bill", "3", "1", "2.0", "33.3%"]
    assert "for one intent; one more than 7 d after the last ended begins a new need" in said.stderr
    assert "counted:   6 needs that are over; not judged: 1 whose silence still runs" in said.stderr
    assert "92.3% of inbound interactions identified, 1 are of nobody known" in said.stderr
    assert "known up to 2026-03-21 00:00, Europe/Paris" in said.stderr


def test_the_list_holds_the_needs_counted(thirteen: Workbench) -> None:
    rows = thirteen.rows("journey", "needs", "--list", "--limit", "all")
    assert sum(row["interactions"] for row in rows) == 11 and len(rows) == 6
    first = rows[0]
    assert (first["need_id"], first["channel"], first["interactions"]) == ("all/desk/1", "web", 3)
    assert (first["resolved_first"], first["resolved"], first["cost"]) == (False, True, 8.5)
    said = thirteen.call("journey", "needs", "--list", "--limit", "2", "--where", "intent = 'bill'")
    assert "3 needs are over" in said.stderr and "the first 2 are shown" in said.stderr


def test_few_people_are_hidden(thirteen: Workbench) -> None:
    thirteen.workspace(WORKSPACE + "privacy: {floor: 3}\n")
    rows = thirteen.rows("journey", "needs")
    thirteen.workspace(WORKSPACE)
    states = {row["intent"]: row["state"] for row in rows if row["kpi"] == "chain_length"}
    assert states["move"] == "hidden" and states["bill"] != "hidden"


def test_without_any_outcome_nobody_knows_what_is_resolved(workbench: Workbench) -> None:
    """Needs of several interactions are not resolved at the first, whatever came of them: that alone is no figure."""
    workbench.workspace(
        "timezone: UTC\nreferential: referential.yml\nsources:\n  calls:\n    connector: table\n    path: calls.csv\n"
        "    columns: {interaction_id: id, channel: \"'phone'\", started_at: begun, intent: about}\n"
        "    identifiers: {customer_id: who}\n"
    )
    workbench.write("referential.yml", "intents: {bill: {label: Bills}}\n")
    rows = ("1,2026-03-02,a,bill", "2,2026-03-03,a,bill", "3,2026-03-02,b,bill", "4,2026-04-02,c,bill")
    workbench.write("calls.csv", "id,begun,who,about\n" + "\n".join(rows) + "\n")
    workbench.call("run", "-q")
    for kpi in ("first_interaction_resolution", "deflection_proxy"):
        (row,) = workbench.rows("kpi", "query", kpi, "--long")
        assert (row["value"], row["state"]) == (None, "not_measured")
    (length,) = workbench.rows("kpi", "query", "chain_length")
    assert length["chain_length"] == 1.5  # three interactions of two needs whose silence is over
