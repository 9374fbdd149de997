"""Random calls, whose figures are known before their lines are written: whatever the order of the lines, the files they
are cut into, the order and the runs these come in, and lines that stand in two files, the figures are those."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from omnictl_asterisk.queue_log import QueueLog

from omnictl.testing import Loaded, load

BEGUN = 1793606400
ENDINGS = {
    "ABANDON": "abandoned",
    "EXITWITHTIMEOUT": "flow_out",
    "EXITWITHKEY": "flow_out",
    "EXITEMPTY": "flow_out",
    "COMPLETEAGENT": "handled",
    "BLINDTRANSFER": "handled",
    "FULL": "blocked",
}
# An example is several loads, so a failing one is shown as it was found and not made smaller.
UNHURRIED: dict[str, Any] = {
    "phases": [Phase.generate],
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
}
NOISE = ("RINGNOANSWER|5000", "RINGCANCELED|300", "SOMETHINGNEW|1")


@dataclass(frozen=True)
class Visit:
    """One stay in a queue. `stated`: whether its lines state waits and talks, as those of old versions do not."""

    queue: str
    ending: str
    wait: int
    talk: int
    noise: str
    stated: bool

    @property
    def outcome(self) -> str:
        return ENDINGS[self.ending]

    @property
    def answered(self) -> bool:
        return self.outcome == "handled"

    def lines(self, callid: str, at: int) -> list[str]:
        head = f"{callid}|{self.queue}"
        left = at + self.wait
        if self.outcome == "blocked":
            return [f"{at}|{head}|NONE|FULL|"]
        lines = [f"{at}|{head}|NONE|ENTERQUEUE||0612345678|1", f"{left}|{head}|SIP/1|{self.noise}"]
        if not self.answered:
            waited = {"EXITWITHKEY": f"7|1|1|{self.wait}"}.get(self.ending, f"1|1|{self.wait}")
            return [*lines, f"{left}|{head}|NONE|{self.ending}|" + (waited if self.stated else "1")]
        lines.append(f"{left}|{head}|SIP/{self.talk}|CONNECT|" + (f"{self.wait}|x|1" if self.stated else ""))
        told = {"BLINDTRANSFER": f"602|default|{self.wait}|{self.talk}|1"}.get(
            self.ending, f"{self.wait}|{self.talk}|1"
        )
        if not self.stated:
            told = "602|default" if self.ending == "BLINDTRANSFER" else ""
        return [*lines, f"{left + self.talk}|{head}|SIP/{self.talk}|{self.ending}|{told}"]

    @property
    def length(self) -> int:
        # two like lines of one second would be one line that stands twice
        return 1 if self.outcome == "blocked" else self.wait + (self.talk if self.answered else 0)


VISITS = st.builds(
    Visit,
    queue=st.sampled_from(["q1", "q2"]),
    ending=st.sampled_from(sorted(ENDINGS)),
    wait=st.integers(1, 40),
    talk=st.integers(1, 900),
    noise=st.sampled_from(NOISE),
    stated=st.booleans(),
)


@dataclass(frozen=True)
class Call:
    """A call: when it began, and its visits, each with the seconds since the one before."""

    at: int
    visits: list[tuple[int, Visit]]

    def lines(self, callid: str) -> list[str]:
        found, at = [], BEGUN + self.at
        for pause, visit in self.visits:
            at += pause
            found += visit.lines(callid, at)
            at += visit.length
        return found

    def figures(self) -> tuple[Any, ...]:
        visits = [visit for _, visit in self.visits]
        answered = [visit for visit in visits if visit.answered]
        told = (answered or visits[-1:])[0]
        waits = [visit.wait for visit in visits if visit.outcome != "blocked"]
        transfers = sum(visit.ending == "BLINDTRANSFER" or visit is not visits[-1] for visit in answered)
        return (
            told.outcome,
            told.ending,
            told.queue,
            f"SIP/{told.talk}" if told.answered else None,
            sum(waits) if waits else None,
            sum(visit.talk for visit in answered) if answered else None,
            transfers,
            [(visit.queue, visit.outcome) for visit in visits],
        )


CALLS = st.lists(
    st.builds(
        Call, st.integers(0, 30), st.lists(st.tuples(st.sampled_from([0, 1, 7]), VISITS), min_size=1, max_size=3)
    ),
    min_size=1,
    max_size=4,
)


def figures(loaded: Loaded) -> dict[str, tuple[Any, ...]]:
    names = ("outcome", "outcome_detail", "queue", "agent", "wait_s", "talk_s", "transfers")
    visits: dict[str, list[tuple[int, str, str]]] = {}
    for row in loaded.rows["segments"]:
        if row["kind"] == "queue":
            visits.setdefault(row["interaction_id"], []).append((row["seq"], row["queue"], row["outcome"]))
    return {
        row["interaction_id"]: (
            *(row[name] for name in names),
            [visit[1:] for visit in sorted(visits[row["interaction_id"]])],
        )
        for row in loaded.rows["interactions"]
    }


def written(folder: Path, parts: list[list[str]]) -> list[Path]:
    paths = [folder / f"queue_log.{number}" for number in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        path.write_text("".join(f"{line}\n" for line in part))
    return paths


@settings(max_examples=4, **UNHURRIED)
@given(st.data())
def test_any_cut_and_any_order(data: st.DataObject) -> None:
    calls = data.draw(CALLS)
    lines = [line for number, call in enumerate(calls) for line in call.lines(f"{BEGUN + call.at}.{number}")]
    lines += [f"{BEGUN}|NONE|NONE|NONE|QUEUESTART|"] * data.draw(st.integers(0, 1))
    shuffled = data.draw(st.permutations(lines))
    cuts = sorted(data.draw(st.lists(st.integers(1, max(1, len(lines) - 1)), max_size=3, unique=True)))
    parts = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True)]
    parts = [part for part in parts if part]
    overlap = data.draw(st.integers(0, 4))
    parts[-1] = shuffled[:overlap] + parts[-1]
    one_by_one = data.draw(st.booleans())
    with tempfile.TemporaryDirectory() as folder:
        loaded = load(QueueLog, *written(Path(folder), parts), one_by_one=one_by_one)
    expected = {f"{BEGUN + call.at}.{number}": call.figures() for number, call in enumerate(calls)}
    assert figures(loaded) == expected


@settings(max_examples=3, **UNHURRIED)
@given(st.data())
def test_any_cut_gives_the_rows_of_the_whole(data: st.DataObject) -> None:
    """Also of logs that make no sense: lines of calls torn out at random."""
    calls = data.draw(CALLS)
    lines = [line for number, call in enumerate(calls) for line in call.lines(f"{BEGUN}.{number % 2}")]
    kept = [line for line in lines if data.draw(st.booleans())] or lines
    shuffled = data.draw(st.permutations(kept))
    cut = data.draw(st.integers(0, len(kept)))
    with tempfile.TemporaryDirectory() as folder:
        (whole, *parts) = written(Path(folder), [kept, *filter(None, [shuffled[:cut], shuffled[cut:]])])
        assert load(QueueLog, *parts, one_by_one=True).rows == load(QueueLog, whole).rows
