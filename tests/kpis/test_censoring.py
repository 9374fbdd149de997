"""The right edge of the data: contacts whose follow-up cannot have been seen yet are not judged.

A hundred chats a day for thirty days; twenty of each day are followed by a form, one to seven days later in turn. The
true rate is 20 %. Whoever counts what the data holds finds 520 of 3,000: the last seven days see 60 of their 140.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from workbench import Workbench

FIRST = datetime(2026, 1, 5, 10)
DAYS, CHATS, FOLLOWED, LONGEST = 30, 100, 20, 7
WORKSPACE = """\
workspace: edge
timezone: Europe/Paris
country: FR
sources:
  desk:
    connector: table
    path: contacts.csv
    timezone: Europe/Paris
    columns: {interaction_id: id, channel: channel, direction: direction, outcome: "'handled'",
      started_at: "strptime(began, '%Y-%m-%d %H:%M:%S')", ended_at: "strptime(began, '%Y-%m-%d %H:%M:%S')"}
    identifiers: {customer_id: customer}
identity: {link_on: [customer_id]}
"""


def _contacts() -> list[str]:
    end = FIRST.replace(hour=0) + timedelta(days=DAYS)
    lines = ["id,customer,channel,direction,began", f"end,,phone,outbound,{end}"]
    for day in range(DAYS):
        for number in range(CHATS):
            name, began = f"{day}-{number}", FIRST + timedelta(days=day)
            lines.append(f"{name},{name},chat,inbound,{began}")
            after = began + timedelta(days=(day + number) % LONGEST + 1)
            if number < FOLLOWED and after < end:
                lines.append(f"{name}-again,{name},form,inbound,{after}")
    return lines


def test_only_what_was_followed_to_the_end_is_judged(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.workspace(WORKSPACE)
    bench.write("contacts.csv", "\n".join(_contacts()) + "\n")
    bench.call("run")
    rate, naive = "reiteration_rate", "reiteration_rate@as_seen"
    (row,) = bench.rows("kpi", "query", rate, naive, "--parts")
    assert (row[f"{rate}_numerator"], row[f"{rate}_denominator"], row[f"{rate}_immature"]) == (460, 2300, 700)
    assert row[rate] == 0.2
    assert (row[f"{naive}_numerator"], row[f"{naive}_denominator"]) == (520, 3000)
    days = bench.rows("kpi", "query", rate, "--every", "day")
    shown = [(day[rate], day.get(f"{rate}_state")) for day in days if day["period_start"] < "2026-02-04"]
    assert shown == [(0.2, None)] * 23 + [(None, "immature")] * 7
    curve = bench.rows("journey", "repeat", "--curve", "--within", "J+7")
    assert (curve[0]["at_risk"], curve[7]["at_risk"]) == (3000, 2300 - 395), "65 of 460 come on the seventh day"
    assert round(curve[7]["share"], 3) == 0.2, "over all 3,000, those of the last days included"
