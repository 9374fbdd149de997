"""The workspace whose runs are killed: five sources, two of them completing others, and what is done to their files."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

WORKSPACE = """\
workspace: killed
timezone: Europe/Paris
country: FR
referential: referential.yml
identity: {secret: one secret for every store}
sources:
  calls:
    connector: table
    path: data/calls-*.csv
    max_rejects: 5%
    columns:
      interaction_id: call
      channel: "'phone'"
      queue: queue
      started_at: begun
      answered_at: answered
      outcome: case result when 'OK' then 'handled' when 'LOST' then 'abandoned' end
      wait_s: wait
      version_at: version
    identifiers: {phone: caller, customer_id: customer}
  visits:
    connector: table
    path: data/visits-*.jsonl
    columns: {interaction_id: visit, channel: "'web'", started_at: "\\"at\\"::timestamptz", page_views: pages}
    identifiers: {cookie: visitor.cookie, customer_id: visitor.customer}
  records:
    connector: table
    path: data/records-*.csv
    completes: calls
    match: [interaction_id, {phone: 2 min}]
    columns: {interaction_id: record, channel: "'phone'", started_at: begun, talk_s: talk, agent: agent}
    identifiers: {phone: caller}
  events:
    connector: table
    path: data/events-*.jsonl
    completes: visits
    relation: steps
    columns:
      step_id: id
      interaction_id: visit
      occurred_at: '"at"::timestamptz'
      seq: seq
      type: kind
      object: page
  votes:
    connector: table
    path: data/votes-*.csv
    relation: surveys
    columns: {survey_id: vote, question: "'nps'", score: score, interaction_source: "'calls'", interaction_id: call}
"""
REFERENTIAL = """\
intents:
  pay: {label: {en: Pay, fr: Payer}}
  move: {label: {en: Move house, fr: Changer d'adresse}}
match:
  - {page: "/pay*", intent: pay}
  - {page: "/move*", intent: move}
  - {queue: "q1*", intent: move}
"""
DAY = datetime(2026, 5, 1)


class Exports:
    """Writes the exports of a workspace; equal seeds give equal bytes and equal times of files.

    Args:
        rows: calls of one file; the other files follow from it.
    """

    def __init__(self, folder: Path, rows: int, seed: int) -> None:
        self.folder = folder
        self.rows = rows
        self.seed = seed

    def begin(self) -> None:
        """The workspace and the files of its first load."""
        (self.folder / "data").mkdir(parents=True)
        (self.folder / "omnictl.yml").write_text(WORKSPACE, encoding="utf-8")
        (self.folder / "referential.yml").write_text(REFERENTIAL, encoding="utf-8")
        self.calls(1, 0)
        self.calls(2, self.rows)
        self.visits(1, 0)
        self.votes(1, 0)

    def nothing(self) -> None:
        """Leave the files as they are."""

    def add(self) -> None:
        """New files, of which the calls bring half of the last file again, in newer versions."""
        self.calls(3, self.rows * 3 // 2, minutes=60)
        self.visits(2, self.rows // 2, minutes=60)
        self.votes(2, self.rows, minutes=60)

    def change(self) -> None:
        """Files that hold something else than before: fewer records, others."""
        self.calls(2, self.rows * 5 // 4, minutes=60)
        self.visits(1, self.rows // 8, minutes=60)

    def remove(self) -> None:
        """Two files gone, and one of the same source changed: what the gone ones gave is kept."""
        for name in ("calls-1.csv", "events-1.jsonl"):
            (self.folder / "data" / name).unlink()
        self.calls(2, self.rows * 5 // 4, minutes=60)
        self.visits(2, self.rows // 2, minutes=60)

    def calls(self, number: int, first: int, *, minutes: int = 0) -> None:
        draw = random.Random(f"{self.seed} calls {number} {first}")
        records: list[str] = []

        def line(n: int) -> str:
            begun = DAY + timedelta(seconds=37 * n)
            wait, result = draw.randrange(600), draw.choice(("OK", "OK", "OK", "LOST", "Err. 31"))
            answered = begun + timedelta(seconds=wait) if result == "OK" else ""
            queue, who = f"q{draw.randrange(30)}", draw.randrange(self.rows)
            caller = f"06{who:08}" if draw.random() < 0.8 else "anonymous"
            if n % 3:  # the switch's records: some by the same id, some found by the number alone
                record = f"c{n}" if n % 2 else f"r{n}"
                records.append(f"{record},{begun + timedelta(seconds=n % 50)},{caller},{n % 700},a{n % 40}\n")
            begun_text = "never" if n % 1000 == 7 else f"{begun}"  # a reject
            return f"c{n},{begun_text},{answered},{queue},{result},{wait},{caller},K{who // 2},{number}\n"

        header = "call,begun,answered,queue,result,wait,caller,customer,version\n"
        self._write(f"calls-{number}.csv", header, (line(n) for n in range(first, first + self.rows)), minutes)
        self._write(f"records-{number}.csv", "record,begun,caller,talk,agent\n", records, minutes)

    def visits(self, number: int, first: int, *, minutes: int = 0) -> None:
        """Visits, and two events of each in a file of their own."""
        draw = random.Random(f"{self.seed} visits {number} {first}")
        visits, events = [], []
        for n in range(first, first + self.rows // 4):
            at = DAY + timedelta(seconds=101 * n)
            visitor = {"cookie": f"ck{draw.randrange(self.rows)}", "customer": f"K{draw.randrange(self.rows // 2)}"}
            visits.append(json.dumps({"visit": f"v{n}", "at": f"{at}+00:00", "pages": 2, "visitor": visitor}) + "\n")
            for seq in (1, 2):
                page = draw.choice(("/pay/now", "/move", "/help", "/"))
                event = {"id": f"v{n}-{seq}", "visit": f"v{n}", "seq": seq, "kind": "page", "page": page}
                events.append(json.dumps({**event, "at": f"{at + timedelta(seconds=seq)}+00:00"}) + "\n")
        self._write(f"visits-{number}.jsonl", "", visits, minutes)
        self._write(f"events-{number}.jsonl", "", events, minutes)

    def votes(self, number: int, first: int, *, minutes: int = 0) -> None:
        draw = random.Random(f"{self.seed} votes {number} {first}")
        lines = (f"s{n},c{n},{draw.randrange(11)}\n" for n in range(first, first + self.rows // 4))
        self._write(f"votes-{number}.csv", "vote,call,score\n", lines, minutes)

    def _write(self, name: str, header: str, lines: Iterable[str], minutes: int) -> None:
        path = self.folder / "data" / name
        path.write_text(header + "".join(lines), encoding="utf-8")
        stamp = DAY.timestamp() + 60 * minutes
        os.utime(path, (stamp, stamp))


# what is done to the files of a loaded workspace before the run that is killed
INCREMENTS: dict[str, Callable[[Exports], None]] = {
    "added files": Exports.add,
    "changed files": Exports.change,
    "removed files": Exports.remove,
}
FIRST_LOAD = "first load"
