"""A real switch's queue_log, whose figures were counted by hand.

It is no part of this repository: its folder is named by OMNICTL_REFERENCE, or lies beside the repository as `shared`.
"""

from __future__ import annotations

import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from omnictl_asterisk.queue_log import QueueLog

from omnictl.testing import contract, load


@pytest.fixture(scope="module")
def samples() -> Path:
    named = os.environ.get("OMNICTL_REFERENCE", "")
    root = Path(named) if named else Path(__file__).resolve().parents[4] / "shared"
    folder = root / "formats" / "asterisk"
    if not (folder / "live-run" / "queue_log").is_file():
        pytest.skip(f"no samples in {folder}: set OMNICTL_REFERENCE to the folder that holds formats/")
    return folder


def test_calls_and_visits(samples: Path) -> None:
    loaded = contract(
        QueueLog,
        samples / "live-run" / "queue_log",
        used=60,
        filtered=18,
        rows={"interactions": 21, "segments": 24 + 12, "identifiers": 20},
    )
    visits = [row for row in loaded.rows["segments"] if row["kind"] == "queue"]
    assert Counter((row["queue"], row["outcome"]) for row in visits) == {
        ("ventes", "handled"): 8,
        ("ventes", "abandoned"): 4,
        ("ventes", "flow_out"): 1,
        ("support", "abandoned"): 3,
        ("support", "flow_out"): 4,
        ("reclam", "handled"): 4,
    }
    calls = Counter(row["outcome"] for row in loaded.rows["interactions"])
    assert calls == {"handled": 12, "abandoned": 7, "flow_out": 2}
    assert sorted(Counter(row["interaction_id"] for row in visits).values())[-4:] == [1, 2, 2, 2]
    ways = Counter(row["outcome_detail"] for row in loaded.rows["interactions"] if row["outcome"] == "flow_out")
    assert ways == {"EXITWITHKEY": 2}
    for queue, mean in (("ventes", Decimal("7.5")), ("reclam", Decimal("8.5"))):
        waits = [row["wait_s"] for row in visits if row["queue"] == queue and row["outcome"] == "handled"]
        assert sum(waits) / len(waits) == mean


def test_printed_by_psql(samples: Path) -> None:
    """Excerpts: of some calls only the last line is there."""
    loaded = load(QueueLog, samples / "wazo-queue_log-psql.txt")
    told = {row["interaction_id"]: (row["outcome"], row["outcome_detail"]) for row in loaded.rows["interactions"]}
    assert told == {
        "1341401275.9": ("blocked", "JOINEMPTY"),
        "1341401601.24": ("handled", "CONNECT"),
        "1341401851.34": (None, "COMPLETEAGENT"),
        "1341402016.44": ("blocked", "FULL"),
        "1341402482.49": ("blocked", "CLOSED"),
        "1341402586.51": ("abandoned", "ABANDON"),
    }
    assert loaded.account.rejected == 0


def test_a_visit_that_never_ends(samples: Path) -> None:
    loaded = load(QueueLog, samples / "queue_log-tail")
    told = {row["interaction_id"]: (row["outcome"], row["wait_s"]) for row in loaded.rows["interactions"]}
    assert told == {"1596512941.163": ("abandoned", 68), "1596513054.164": (None, None)}
