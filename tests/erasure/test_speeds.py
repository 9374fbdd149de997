"""Tombstones are honoured by connectors of each speed, and the four sums add up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from connector_bench import ConnectorBench, connector_of

from omnictl.connectors import Connector, Csv
from omnictl.erasure.erase import erase
from omnictl.erasure.given import Given

HEAD = "ref,begun,phone\n"
ROWS = "a1,2026-11-02 09:00:00,0612345678\nb1,2026-11-02 09:00:00,0612345679\na1/again,,\n"
LATER = "a2,2026-11-03 09:00:00,+33 6 12 34 56 78\na1,2026-11-03 09:00:00,\nb2,2026-11-03 09:00:00,0612345679\n"
READS = Csv(needs=["ref"])


def rows(self: Any, file: Any, options: Any) -> Iterator[Any]:
    for place, record in file.records():
        if not record["begun"]:
            yield place.reject(ValueError("no time"))
            continue
        yield "interactions", {"interaction_id": record["ref"], "channel": "phone", "started_at": record["begun"]}
        yield "identifiers", {"owner_id": record["ref"], "kind": "phone", "value": record["phone"]}
        yield (
            "segments",
            {
                "segment_id": record["ref"],
                "interaction_id": record["ref"],
                "kind": "queue",
                "started_at": record["begun"],
            },
        )


def batches(self: Any, file: Any, options: Any) -> Iterator[Any]:
    told = [(place.record, record) for place, record in file.records() if record["begun"]]
    places = [place for place, _ in told]
    refs, begun, numbers = ([record[name] for _, record in told] for name in ("ref", "begun", "phone"))
    same = {"record": places, "started_at": begun}
    yield "interactions", pa.table({"interaction_id": refs, "channel": ["phone"] * len(refs), **same})
    yield "identifiers", pa.table({"record": places, "owner_id": refs, "kind": ["phone"] * len(refs), "value": numbers})
    yield "segments", pa.table({"segment_id": refs, "interaction_id": refs, "kind": ["queue"] * len(refs), **same})


SQL = {
    "interactions": "select ref as interaction_id, 'phone' as channel, begun as started_at from file",
    "identifiers": "select ref as owner_id, 'phone' as kind, phone as value from file where phone <> ''",
    "segments": """select ref as segment_id, ref as interaction_id, 'queue' as kind, begun as started_at
        from file where begun <> ''""",
}
SPEEDS = {
    "sql": connector_of(reads=READS, relations=SQL),
    "batches": connector_of(reads=READS, batches=batches),
    "rows": connector_of(reads=READS, rows=rows),
}


@pytest.mark.parametrize("speed", SPEEDS)
def test_nobody_erased_is_loaded_again(tmp_path: Path, speed: str) -> None:
    connector: type[Connector] = SPEEDS[speed]
    bench = ConnectorBench(tmp_path, connector)
    bench.write("data/1.csv", HEAD + ROWS)
    bench.ingest()
    given = [Given("phone", "06 12 34 56 78", "argument 1")]
    erase(bench.workspace, bench.store, given)
    bench.write("data/2.csv", HEAD + LATER, minutes=1)
    later = bench.ingest()
    assert later.message == "left out, of erased people: 2"
    assert (later.records, later.used, later.filtered) == (3, 1, 2)
    again = bench.ingest(full=True)
    assert again.records == again.used + again.rejected + again.superseded + again.filtered
    assert again.used == 2
    for relation, key in (("interactions", "interaction_id"), ("segments", "segment_id"), ("identifiers", "owner_id")):
        assert bench.query(f"select {key} from {relation} order by 1") == [("b1",), ("b2",)]
