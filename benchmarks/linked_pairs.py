"""Links a demo twice, on copies of its store, and prints as JSON how right each is:
`python linked_pairs.py WORKSPACE`."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb

from omnictl.identity import link
from omnictl.workspace import Workspace, load_workspace

WITH_GUARDS, WITHOUT = "with guards", "guards off"
# Pairs of interactions of one person that are one customer's, all pairs of one person, all pairs of one customer.
PAIRS = """
with told as (
    select person_id, customer from identities join read_parquet($truth) using (source, interaction_id)
    where customer is not null
),
of_both as (
    select sum(n * (n - 1) / 2) as pairs
    from (select count(*) as n from told where person_id is not null group by person_id, customer)
),
of_people as (
    select sum(n * (n - 1) / 2) as pairs
    from (select count(*) as n from told where person_id is not null group by person_id)
),
of_customers as (select sum(n * (n - 1) / 2) as pairs from (select count(*) as n from told group by customer))
select of_both.pairs / of_people.pairs, of_both.pairs / of_customers.pairs from of_both, of_people, of_customers
"""


def guards_off(workspace: Workspace) -> Workspace:
    """The workspace where no value stops linking, however many owners and contacts it has."""
    return replace(workspace, identity=replace(workspace.identity, limits={}, busy={}))


def measured(workspace: Workspace) -> dict[str, float]:
    """Precision and recall of the pairs that `link` finds, as fractions."""
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(scratch) / "store.duckdb"
        shutil.copyfile(workspace.store / "store.work.duckdb", store)
        with duckdb.connect(str(store)) as connection:
            link(workspace, connection, run_id="measured", full=True)
            truth = str(workspace.root / "truth" / "interactions.parquet")
            ((precision, recall),) = connection.execute(PAIRS, {"truth": truth}).fetchall()
    return {"precision": float(precision), "recall": float(recall)}


def main(folder: Path) -> None:
    workspace = load_workspace(folder / "omnictl.yml")
    print(json.dumps({WITH_GUARDS: measured(workspace), WITHOUT: measured(guards_off(workspace))}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
