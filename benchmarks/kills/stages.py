"""Which stage of a run an event belongs to, told from the events alone."""

from __future__ import annotations

STAGES = (
    "start", "lock", "open", "examine", "land", "write", "commit", "settle", "checkpoint", "copy", "rename", "after",
)  # fmt: skip
PUBLISHED = "store.duckdb"


def stages_of(events: list[str]) -> list[str]:
    """The stage of each event of a whole run.

    start: the interpreter and the workspace. lock, open: the store. examine: looking at the files of a source. land:
    reading them. write: within a transaction. commit: its end. settle: all after the last source's commit.
    checkpoint, copy, rename: publishing; after: what follows.
    """
    found: list[str] = []
    stage, looked = "start", False
    for event in events:
        if event.startswith("sql commit"):
            looked = False
        elif event.startswith("open ") and "/data/" in event:
            looked = True
        stage = _next(stage, event, looked)
        found.append(stage)
    return _with_settling(found)


def publishing(events: list[str]) -> list[int]:
    """The positions of the events that publish."""
    return [n for n, event in enumerate(events) if _publishes(event)]


def _publishes(event: str) -> bool:
    return event.startswith("rename ") and event.endswith(f"/{PUBLISHED}")


def _next(stage: str, event: str, looked: bool) -> str:
    """The stage of an event by the stage before it.

    Args:
        looked: whether a file of exports has been opened since the last commit.
    """
    sql = event.startswith("sql ")
    if event.startswith("sql checkpoint"):
        return "checkpoint"
    following = {
        "start": "lock" if event == "lock" else stage,
        "lock": "open" if sql else stage,
        "open": "examine" if looked else stage,
        "examine": "land" if sql and looked else stage,
        "land": "write" if event.startswith("sql begin") else stage,
        "write": "commit" if event.startswith("sql commit") else stage,
        "commit": "write" if event.startswith("sql begin") else "examine",
        "checkpoint": "copy" if event.startswith("open ") else stage,
        "copy": "rename" if _publishes(event) else stage,
        "rename": "after",
    }
    if stage == "examine" and event.startswith("sql begin"):
        return "write"
    return following.get(stage, stage)


def _with_settling(stages: list[str]) -> list[str]:
    """The last transaction is no source's: what comes after the commit before it, and before publishing, settles."""
    commits = [n for n, stage in enumerate(stages) if stage == "commit"]
    if len(commits) < 2:
        return stages
    return [
        "settle" if n > commits[-2] and stage in ("examine", "land", "write", "commit") else stage
        for n, stage in enumerate(stages)
    ]
