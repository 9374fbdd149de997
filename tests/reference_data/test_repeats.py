"""Repeat contact in an audit log of incidents: every figure beside SQL of its own, straight over the export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from workbench import Workbench

LOG = "servicenow-incidents-slice/incident_event_log.csv.gz"
WORKSPACE = """\
workspace: incidents
timezone: UTC
country: PT
sources:
  incidents:
    connector: table
    path: incidents.csv
    missing: ["?"]
    columns:
      interaction_id: number
      channel: "'phone'"
      intent: category
      outcome: "'handled'"
      started_at: strptime(opened_at, '%d-%m-%Y %H:%M')
      ended_at: strptime(opened_at, '%d-%m-%Y %H:%M')
    identifiers: {customer_id: caller_id}
"""
ONE_EACH = """
copy (
  select number, min(opened_at) as opened_at, min(caller_id) as caller_id, min(category) as category
  from read_csv('{log}', all_varchar = true)
  group by number order by number
) to '{file}'
"""
# An incident of the same caller and category as one of the minute before repeats it, and follows nothing.
RAW = """
create table incidents as
select *, coalesce(
    opened - lag(opened) over (partition by caller, category order by opened, id) <= interval '60' second, false
  ) as repeats
from (
  select number as id, caller_id as caller, nullif(category, '?') as category,
    strptime(opened_at, '%d-%m-%Y %H:%M') as opened
  from read_csv('{file}', all_varchar = true)
)
"""
PAIRS = """
select i.id, i.caller, i.opened, {others}
from incidents as i
"""
AHEAD = """(
  select min(j.opened) from incidents as j
  where j.caller = i.caller and not j.repeats and (j.opened, j.id) > (i.opened, i.id) {same}
) as other"""
BACK = """(
  select max(j.opened) from incidents as j
  where j.caller = i.caller and not j.repeats and (j.opened, j.id) < (i.opened, i.id) {same}
) as other"""
SAME = "and j.category = i.category"


@dataclass
class Incidents:
    bench: Workbench
    con: duckdb.DuckDBPyConnection

    def figure(self, others: str, same: str, seen: str, near: str) -> tuple[int, int]:
        """How many that are seen long enough have another so near; and how many are seen."""
        text = f"""
            with first as (select min(opened) as since, max(opened) as until from incidents),
            told as ({PAIRS.format(others=others.format(same=same))} {"where i.category is not null" if same else ""})
            select count(*) filter (where coalesce({near}, false)), count(*) from told cross join first where {seen}
        """
        ((above, below),) = self.con.execute(text).fetchall()
        return above, below


@pytest.fixture(scope="module")
def incidents(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Incidents]:
    if not (data / LOG).is_file():
        pytest.skip(f"the reference data hold no {LOG}")
    bench = Workbench(tmp_path_factory.mktemp("incidents"))
    con = duckdb.connect()
    file = bench.folder / "incidents.csv"
    con.execute(ONE_EACH.format(log=data / LOG, file=file))
    con.execute(RAW.format(file=file))
    bench.workspace(WORKSPACE)
    bench.call("run")
    with con:
        yield Incidents(bench, con)


DAYS_AHEAD = ("date_diff('day', opened, until) - 1 >= {n}", "date_diff('day', opened, other) <= {n}")
HOURS_AHEAD = ("until - opened >= interval '{n}' hour", "other - opened <= interval '{n}' hour")
DAYS_BACK = ("date_diff('day', case when since = date_trunc('day', since) then since else since + interval '1' day end,"
             " opened) >= {n}", "date_diff('day', other, opened) <= {n}")  # fmt: skip
HOURS_BACK = ("opened - since >= interval '{n}' hour", "opened - other <= interval '{n}' hour")


@pytest.mark.parametrize(
    ("options", "window", "others", "same", "rule", "n"),
    [
        ((), "intra-day", AHEAD, "", DAYS_AHEAD, 0),
        ((), "J+1", AHEAD, "", DAYS_AHEAD, 1),
        ((), "24h", AHEAD, "", HOURS_AHEAD, 24),
        (("--intent", "same"), "24h", AHEAD, SAME, HOURS_AHEAD, 24),
        (("--backward",), "J+1", BACK, "", DAYS_BACK, 1),
        (("--backward",), "24h", BACK, "", HOURS_BACK, 24),
        (("--backward", "--intent", "same"), "24h", BACK, SAME, HOURS_BACK, 24),
    ],
)
def test_a_figure_is_that_of_sql(
    incidents: Incidents, options: tuple[str, ...], window: str, others: str, same: str, rule: tuple[str, str], n: int
) -> None:
    seen, near = (part.format(n=n) for part in rule)
    (told,) = incidents.bench.rows("journey", "repeat", *options, "--within", window)
    assert (told["numerator"], told["denominator"]) == incidents.figure(others, same, seen, near)
    assert told["numerator"] > 10


def test_the_published_counts(incidents: Incidents) -> None:
    """198 of 890 incidents are followed by another of the same caller within a day, 251 within seven."""
    asked = [f"reiteration_rate@as_seen:window={window}" for window in ("24h", "168h")]
    (row,) = incidents.bench.rows("kpi", "query", *asked, "--parts")
    assert [(row[f"{each}_numerator"], row[f"{each}_denominator"]) for each in asked] == [(198, 890), (251, 890)]


def test_people_who_come_back(incidents: Incidents) -> None:
    (told,) = incidents.bench.rows("journey", "repeat", "--count", "customers", "--within", "24h")
    text = f"""
        with first as (select max(opened) as until from incidents),
        told as ({PAIRS.format(others=AHEAD.format(same=""))})
        select count(distinct caller) filter (where other - opened <= interval '24' hour), count(distinct caller)
        from told cross join first where until - opened >= interval '24' hour
    """
    assert [(told["numerator"], told["denominator"])] == incidents.con.execute(text).fetchall()


def test_the_curve_is_that_of_sql(incidents: Incidents) -> None:
    """The product limit hour by hour: at risk is who is observed for so long and not followed in the hours before."""
    curve = incidents.bench.rows("journey", "repeat", "--curve", "--within", "48h")
    text = f"""
        with first as (select max(opened) as until from incidents),
        told as ({PAIRS.format(others=AHEAD.format(same=""))}),
        hours as (
          select h,
            count(*) filter (where until - opened >= h * interval '1' hour
              and (h = 0 or coalesce(other - opened > (h - 1) * interval '1' hour, true))) as at_risk,
            count(*) filter (where until - opened >= h * interval '1' hour and other - opened <= h * interval '1' hour
              and (h = 0 or other - opened > (h - 1) * interval '1' hour)) as followed
          from told cross join first cross join range(49) as r(h)
          group by h
        )
        select at_risk, followed, 1 - exp(sum(ln(1 - followed / at_risk)) over (order by h)) from hours order by h
    """
    expected = incidents.con.execute(text).fetchall()
    assert [(row["at_risk"], row["followed"]) for row in curve] == [row[:2] for row in expected]
    assert [row["share"] for row in curve] == pytest.approx([row[2] for row in expected])
