"""An export of a known period, told by `until`: its quiet last days are quiet, not missing. Figures worked out by hand.

The last call is on 16 March, the data go to the end of 20 March: what ended by 13 March is followed for seven days.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from workbench import Workbench

ROWS = """\
id,customer,channel,intent,began,finish,outcome
1,A,web,bill,2026-03-02 09:00,2026-03-02 09:10,
2,A,phone,bill,2026-03-02 09:40,2026-03-02 09:46,handled
3,A,phone,bill,2026-03-05 11:00,2026-03-05 11:08,handled
4,B,phone,move,2026-03-03 10:00,2026-03-03 10:05,handled
5,B,email,bill,2026-03-08 08:00,2026-03-08 08:00,handled
6,C,chat,pay,2026-03-04 14:00,2026-03-04 14:12,handled
7,C,phone,pay,2026-03-11 14:05,2026-03-11 14:10,handled
8,D,form,pay,2026-03-06 16:00,2026-03-06 16:05,self_served
9,D,phone,pay,2026-03-07 09:00,2026-03-07 09:06,handled
10,E,phone,bill,2026-03-16 10:00,2026-03-16 10:07,handled
11,,phone,bill,2026-03-09 10:00,2026-03-09 10:04,handled
12,F,phone,bill,2026-03-10 09:00,2026-03-10 09:05,handled
13,F,web,bill,2026-03-10 10:00,2026-03-10 10:05,
"""
WORKSPACE = """\
workspace: ended
timezone: Europe/Paris
sources:
  all:
    connector: table
    path: rows.csv
    timezone: Europe/Paris
    columns: {interaction_id: id, channel: channel, intent: intent, outcome: outcome,
      started_at: "strptime(began, '%Y-%m-%d %H:%M')", ended_at: "strptime(finish, '%Y-%m-%d %H:%M')"}
    identifiers: {customer_id: customer}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    bench = Workbench(tmp_path)
    bench.write("rows.csv", ROWS)
    return bench


def _parts(bench: Workbench, *kpis: str) -> dict[str, tuple[int, int, int]]:
    rows = bench.rows("kpi", "query", *kpis, "--long")
    return {row["kpi"]: (row["numerator"], row["denominator"], row["immature"]) for row in rows}


def test_until_says_that_the_last_days_are_there(bench: Workbench) -> None:
    needs = ("first_interaction_resolution", "first_interaction_resolution@assisted", "chain_length")
    asked = ("reiteration_rate@same_intent:window=168h", "reiteration_rate:window=168h", *needs)
    bench.workspace(WORKSPACE)
    bench.call("run")
    assert list(_parts(bench, *asked).values()) == [(2, 6, 3), (3, 6, 3), (2, 4, 3), (3, 4, 3), (7, 4, 3)]
    bench.workspace(WORKSPACE + "    until: 2026-03-20\n")
    bench.call("run")
    assert list(_parts(bench, *asked).values()) == [(2, 8, 1), (3, 8, 1), (2, 6, 1), (4, 6, 1), (11, 6, 1)]
    calls = bench.rows("kpi", "query", "first_contact_resolution", "--long", "--where", "channel = 'phone'")
    assert [(row["numerator"], row["denominator"]) for row in calls] == [(4, 5)]


def test_the_card_tells_up_to_when_an_ended_export_is_known(bench: Workbench) -> None:
    bench.workspace(WORKSPACE + "    until: 2026-03-20\n")
    bench.call("run")
    assert "data:      known up to 2026-03-21 00:00" in bench.call("journey", "repeat").stderr.splitlines()


def test_the_source_that_is_behind_is_named(bench: Workbench) -> None:
    """E-mails end on 8 March: what may follow by e-mail is known up to then, whatever the other source has."""
    mails = WORKSPACE.partition("sources:\n")[2].replace("  all:", "  mails:")
    own = "    where: channel = 'email'\n"
    bench.workspace(WORKSPACE + "    where: channel <> 'email'\n" + mails + own)
    bench.call("run")
    card = bench.call("journey", "repeat", "--within", "J+3").stderr
    assert "data:      known up to 2026-03-08 08:00; the first to end: mails" in card.splitlines()
    asked = bench.call("kpi", "query", "reiteration_rate:window=J+3").stderr
    assert "J+3 is observed of what ended up to 2026-03-04, that day included; the first to end: mails" in asked
    bench.workspace(WORKSPACE + "    where: channel <> 'email'\n" + mails + own + "    until: 2026-03-08\n")
    bench.call("run")
    card = bench.call("journey", "repeat", "--within", "J+3").stderr
    assert "data:      known up to 2026-03-16 10:00" in card.splitlines(), "nobody waits for a source that has ended"
