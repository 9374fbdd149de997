"""Probable links by themselves on a linked store with its truth: `python probable_alone.py STORE [WORKSPACE]`.

Prints as JSON, of contacts and of visits: what finding candidates cost, how often a candidate from 0.5 and from 0.9 on
is the customer (precision), how many of the interactions asked about have theirs among such (recall), and how far
probabilities are from what was so (the expected calibration error, over tenths). A candidate is the customer when any
interaction of the person is certainly that customer's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from omnictl.engines.connection import open_writer, transaction
from omnictl.identity.probable import find_candidates
from omnictl.referential import Referential
from omnictl.workspace import Workspace, load_workspace

JUDGED = """
create or replace temp table judged as
with owned as (
    select distinct d.person_id, t.customer from identities d join truth t using (source, interaction_id)
    where d.person_id is not null
)
select i.kind, c.source, c.interaction_id, c.probability, o.person_id is not null as found
from candidates c
join interactions i using (source, interaction_id)
join truth t using (source, interaction_id)
left join owned o on o.person_id = c.person_id and o.customer = t.customer
"""
FIGURES = """
select
    avg(found::int) filter (where probability >= 0.5), sum(found::int) filter (where probability >= 0.5),
    avg(found::int) filter (where probability >= 0.9), sum(found::int) filter (where probability >= 0.9),
    (select sum(abs(predicted - found)) / sum(n) from (
        select count(*) as n, sum(probability) as predicted, sum(found::int) as found
        from judged where kind = $kind group by floor(probability * 10)))
from judged where kind = $kind
"""


def cpu() -> float:
    spent = getrusage(RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def main(store: Path, folder: Path | None) -> None:
    workspace = load_workspace(folder / "omnictl.yml") if folder else Workspace(
        root=store.parent, file="omnictl.yml", name="measured", timezone="UTC", country="FR", language="en",
        store=store.parent, glossary=(), referential=Referential(), sources={},
    )  # fmt: skip
    connection = open_writer(store, memory="2GB", threads=2, scratch=Path(f"{store}.tmp"))
    began = cpu()
    with transaction(connection):
        find_candidates(workspace, connection)
    found: dict[str, object] = {"cpu_s": cpu() - began}
    if folder:
        truth = folder / "truth" / "interactions.parquet"
        connection.execute(f"create or replace temp view truth as select * from read_parquet('{truth}')")
    connection.execute(JUDGED)
    ((found["records"],),) = connection.execute(
        "select count(*) from interactions where kind = 'visit' or (source, interaction_id) in "
        "(select (source, interaction_id) from identities where person_id is null)"
    ).fetchall()
    for kind, asked in connection.execute(
        "select split_part(kind, ' ', 1), max(asked) from learned_kinds group by 1"
    ).fetchall():
        ((half, of_half, nine, of_nine, error),) = connection.execute(FIGURES, {"kind": kind}).fetchall()
        found[kind] = {
            "asked": asked, "precision_50": half, "recall_50": (of_half or 0) / asked,
            "precision_90": nine, "recall_90": (of_nine or 0) / asked, "calibration_error": error,
        }  # fmt: skip
    print(json.dumps(found))
    connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
