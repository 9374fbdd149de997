"""What a plan costs: derived of the whole shipped glossary over ten sources, and what of it their data can answer."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.children import omnictl, spend
from benchmarks.pairs import Measure

CHANNELS = ("phone", "chat", "email", "web", "faq", "form", "chatbot", "callback", "messaging", "app")
ROWS = 100_000  # of the ten sources together
SECONDS = 3  # CPU, of a whole process
FIRST = datetime(2026, 1, 5, 8)
SOURCE = """\
  {name}:
    connector: table
    path: {name}.csv
    retrieval: {{method: sftp, every: 1d, lateness: 2h, owner: {name}}}
    columns:
      interaction_id: id
      channel: "'{name}'"
      started_at: begun
      queued_at: begun
      answered_at: answered
      ended_at: ended
      outcome: case state when 1 then 'handled' when 2 then 'abandoned' when 3 then 'self_served' end
      intent: motive
      wait_s: wait
      talk_s: talk
    identifiers: {{customer_id: customer}}
"""


def tracking_plan(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`tracking plan` and `tracking coverage`: from mappings alone, then with what a store holds."""
    workspace = _workspace(folder / "ten-sources", min(rows, ROWS))
    for name, command in (("plan", ("plan",)), ("coverage, no store", ("coverage",))):
        yield _measured(name, workspace, command, pairs)
    spend(omnictl("run", "-q", workspace=workspace))
    yield _measured("coverage", workspace, ("coverage",), pairs)
    yield _measured("coverage --without", workspace, ("coverage", "--without", "phone.wait_s"), pairs)


def _measured(name: str, workspace: Path, command: Sequence[str], pairs: int) -> Measure:
    line = omnictl("tracking", *command, "-q", "--format", "csv", workspace=workspace)
    times = [spend(line).cpu_s for _ in range(max(pairs, 5))]
    told = f"tracking {name}, shipped glossary, ten sources"
    return Measure(told, statistics.median(times), min(times), max(times), "s", len(times), "", SECONDS)


def _workspace(folder: Path, rows: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    sources = "".join(SOURCE.format(name=name) for name in CHANNELS)
    text = f"workspace: planned\ntimezone: Europe/Paris\nsources:\n{sources}"
    (folder / "omnictl.yml").write_text(text, encoding="utf-8")
    for number, name in enumerate(CHANNELS):
        lines = [_line(number, row) for row in range(rows // len(CHANNELS))]
        header = "id,begun,answered,ended,state,motive,wait,talk,customer\n"
        (folder / f"{name}.csv").write_text(header + "".join(lines), encoding="utf-8")
    return folder


def _line(number: int, row: int) -> str:
    begun = FIRST + timedelta(minutes=5 * row + number)
    answered, ended = begun + timedelta(seconds=row % 90), begun + timedelta(seconds=300)
    motive = f"motive-{row % 7}" if row % 9 else ""
    return (
        f"{number}-{row},{begun},{answered},{ended},{row % 3 + 1},{motive},{row % 90},{200 + row % 50},{row % 4000}\n"
    )
