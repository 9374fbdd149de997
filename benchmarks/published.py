"""How well exact identifiers link published sets of people typed twice: febrl1 and Splink's fake-1000.

Neither is part of this repository. OMNICTL_REFERENCE names the folder that holds `data/febrl1/dataset1.csv` and
`data/fake-1000/fake_1000.csv`; without it their lines are left out.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import omnictl, spend
from benchmarks.pairs import Measure

SETS = {
    "fake-1000/fake_1000.csv": """
identity: {link_on: [email]}
sources:
  people:
    connector: table
    path: people.csv
    columns: {interaction_id: unique_id, channel: "'email'", started_at: "timestamp '2026-01-01'", intent: cluster}
    identifiers: {email: email}
""",
    "febrl1/dataset1.csv": """
identity: {link_on: [number, address]}
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
      number: nullif(trim(soc_sec_id), '')
      address: >-
        case when trim(address_1) <> '' and trim(street_number) <> '' then
          trim(street_number) || ' ' || trim(address_1) || ' ' || trim(postcode) end
""",
}
# `intent` holds who it truly is.
PAIRS = """
with told as (
    select d.person_id, i.intent as truth from interactions i join identities d using (source, interaction_id)
), found as (
    select sum(n * (n - 1) / 2) as pairs
    from (select count(*) as n from told where person_id is not null group by person_id)
), agreed as (
    select sum(n * (n - 1) / 2) as pairs
    from (select count(*) as n from told where person_id is not null group by person_id, truth)
), there as (
    select sum(n * (n - 1) / 2) as pairs from (select count(*) as n from told group by truth)
)
select agreed.pairs / found.pairs as precise, agreed.pairs / there.pairs as recalled from found, agreed, there
"""


def published(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Precision and recall of pairs; recall is bounded by the values that were typed wrong, so that it has no aim."""
    reference = os.environ.get("OMNICTL_REFERENCE", "")
    for name, sources in SETS.items():
        origin = Path(reference) / "data" / name
        if not reference or not origin.is_file():
            continue
        workspace = folder / "published" / origin.parent.name
        shutil.rmtree(workspace, ignore_errors=True)
        workspace.mkdir(parents=True)
        shutil.copyfile(origin, workspace / "people.csv")
        text = f"workspace: people\ntimezone: UTC\ncountry: GB\n{sources}"
        (workspace / "omnictl.yml").write_text(text, encoding="utf-8")
        spend(omnictl("run", "--quiet", workspace=workspace))
        told = spend(omnictl("sql", PAIRS, "--format", "json", workspace=workspace)).output
        (found,) = json.loads(told)
        for what, value, least in (("precision", found["precise"], 96), ("recall", found["recalled"], 0)):
            against = "exact identifiers"
            yield Measure.once(
                f"{what} of link, {origin.parent.name}",
                100 * float(value),
                "%",
                against=against,
                target=least,
                at_least=True,
            )
