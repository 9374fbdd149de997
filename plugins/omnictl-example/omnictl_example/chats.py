"""The third speed: records, for formats that neither SQL nor a library reads. Plain Python, one dict per row.

chat C-1 2026-11-02T09:14:00+01:00 DONE
mail: a.durand@example.org
09:14:10 customer Hello
09:14:40 agent Good morning
(an empty line)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from omnictl.connectors import Connector, File, Options, Rejected

HEAD = re.compile(r"chat (?P<id>\S+) (?P<begun>\S+) (?P<end>\S*)")
SAID = re.compile(r"(?P<at>\d\d:\d\d:\d\d) (?P<who>customer|agent)\b")
Row = tuple[str, Mapping[str, Any]]


class Chats(Connector):
    """Cordeliane chat transcripts: a block of lines per chat."""

    name = "cordeliane_chats"
    api = 1
    outcomes = {"DONE": "handled", "LEFT": "abandoned"}  # looked up in the column `outcome` by the host

    def rows(self, file: File, options: Options) -> Iterator[Row | Rejected]:
        with file.open() as stream:
            lines = (line.decode("utf-8", "replace").rstrip("\r\n") for line in stream)
            for number, block in blocks(lines):
                # A record of a format of our own gets its place from us: rows yielded after it belong to it, and a
                # reject is listed with line and text.
                place = file.place(line=number, raw="\n".join(block))
                try:
                    yield from chat(block)
                except ValueError as error:
                    yield place.reject(error)


def chat(block: list[str]) -> list[Row]:
    """The rows of one chat: whole or not at all.

    Raises:
        ValueError: the block is no chat.
    """
    head = HEAD.fullmatch(block[0])
    if head is None:
        raise ValueError("it does not begin with `chat ID TIME RESULT`")
    begun = datetime.fromisoformat(head["begun"])  # with its offset; without one it would be local time of the source
    messages = [found for found in map(SAID.match, block[1:]) if found]
    mine = [found for found in messages if found["who"] == "agent"]
    rows: list[Row] = [
        (
            "interactions",
            {
                "interaction_id": head["id"],
                "channel": "chat",
                "started_at": begun,
                "queued_at": begun,
                "answered_at": clock(begun, mine[0]["at"]) if mine else None,
                "outcome": head["end"] or None,
                "customer_messages": len(messages) - len(mine),
                "agent_messages": len(mine),
            },
        )
    ]
    for seq, found in enumerate(messages, 1):
        step = {
            "step_id": f"{head['id']}-{seq}",
            "interaction_id": head["id"],
            "occurred_at": clock(begun, found["at"]),
            "seq": seq,
            "type": "message",
            "object": found["who"],
        }
        rows.append(("steps", step))
    for line in block[1:]:
        if line.startswith("mail:"):
            address = line.removeprefix("mail:").strip()
            rows.append(("identifiers", {"owner_id": head["id"], "kind": "email", "value": address}))
    return rows


def clock(begun: datetime, text: str) -> datetime:
    """The moment of a line that gives only a clock time: the first such time from the beginning on."""
    hours, minutes, seconds = map(int, text.split(":"))
    moment = begun.replace(hour=hours, minute=minutes, second=seconds)
    return moment if moment >= begun.replace(microsecond=0) else moment + timedelta(days=1)


def blocks(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The blocks of lines between empty lines, each with the number of its first line; never the whole file at once."""
    block: list[str] = []
    number = 0
    for number, line in enumerate(lines, 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []
    if block:
        yield number - len(block) + 1, block
