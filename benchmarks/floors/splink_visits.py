"""Visits of nobody in particular linked to those of known people by Splink: `python splink_visits.py STORE`.

Blocked on the same ip, or the same zip code and device; weights by expectation maximisation, as its documentation has
it. Prints as JSON what it cost, and precision and recall (of the visits asked about) from 0.5 and from 0.9 on.
"""

from __future__ import annotations

import json
import logging
import sys
from resource import RUSAGE_SELF, getrusage

import duckdb
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

VISITS = """
create table visits as
with named as (
    select person_id, bool_or(via not in ('cookie', 'token')) as known from store.identities
    where person_id is not null group by person_id
),
evidence as (
    select source, owner_id as interaction_id, min(value) filter (where kind = 'ip') as ip,
        min(value) filter (where kind = 'zip') as zip
    from store.identifiers where owner = 'interaction' and kind in ('ip', 'zip') group by 1, 2
)
select row_number() over (order by i.source, i.interaction_id) as unique_id, t.customer, i.intent, i.device,
    e.ip, e.zip, coalesce(n.known, false) as known
from store.interactions i
join store.identities d using (source, interaction_id)
join store.truth t using (source, interaction_id)
left join evidence e using (source, interaction_id)
left join named n on n.person_id = d.person_id
where i.kind = 'visit' and i.consent
"""
FIGURES = """
select avg((a.customer = b.customer)::int), count(distinct case when a.customer = b.customer then a.unique_id end)
from predicted p
join visits a on a.unique_id = case when p.source_dataset_l = 'asked' then p.unique_id_l else p.unique_id_r end
join visits b on b.unique_id = case when p.source_dataset_l = 'asked' then p.unique_id_r else p.unique_id_l end
where p.match_probability >= $least
"""


def main() -> None:
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    connection.execute(f"attach '{sys.argv[1]}' as store (read_only)")
    connection.execute(VISITS)
    ((asked,),) = connection.execute("select count(*) from visits where not known").fetchall()
    connection.execute("create view asked as select * exclude (known) from visits where not known")
    connection.execute("create view seen as select * exclude (known) from visits where known")
    began = cpu()
    engine = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[compare.ExactMatch(name) for name in ("ip", "zip", "device", "intent")],
        blocking_rules_to_generate_predictions=[block_on("ip"), block_on("zip", "device")],
    )
    tables = [engine.register(name, dataset_display_name=name) for name in ("asked", "seen")]
    linker = Linker(tables, settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match([block_on("ip", "zip", "device")], recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for block in (block_on("ip"), block_on("zip", "device")):
        linker.training.estimate_parameters_using_expectation_maximisation(block)
    predicted = linker.inference.predict(threshold_match_probability=0.5)
    found: dict[str, float] = {"cpu_s": cpu() - began}
    connection.execute(f"create view predicted as select * from {predicted.physical_name}")
    for name, least in (("50", 0.5), ("90", 0.9)):
        ((precision, right),) = connection.execute(FIGURES, {"least": least}).fetchall()
        found |= {f"precision_{name}": precision, f"recall_{name}": right / asked}
    print(json.dumps(found))


def cpu() -> float:
    spent = getrusage(RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    main()
