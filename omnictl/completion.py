"""`completes`, `match` and `unmatched` of omnictl.yml: that a source describes contacts of another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from omnictl.errors import Place
from omnictl.places import Fields, Node, Reader, Scalar, Sequence, excerpt_of

UNMATCHED = ("keep", "drop", "reject")
SAME_ID = "interaction_id"  # of `match`: the same id
KEYS = f"{SAME_ID}, or a kind of identifier and a gap: {{phone: 10 min}}"


@dataclass(frozen=True)
class Completion:
    """That a source describes contacts of another one.

    Attributes:
        of: the other source.
        keys: what makes two records the same contact, in the order tried: `interaction_id` with no gap, or a kind of
            identifier and how far apart the two may be.
        unmatched: what becomes of a record without a contact.
    """

    of: str
    keys: tuple[tuple[str, timedelta | None], ...]
    unmatched: str
    place: Place
    line: str = ""


def read_completion(reader: Reader, fields: Fields) -> Completion | None:
    """What `completes`, `match` and `unmatched` say."""
    of, match = fields.text("completes"), fields.take("match")
    unmatched = fields.choice("unmatched", UNMATCHED)
    if of is None:
        for key in ("match", "unmatched"):
            if key in fields.node.entries:
                hint = "completes: name of the source whose contacts it describes"
                reader.fault("match-without-completes", f"`{key}` needs `completes`", fields.key_place(key), hint)
        return None
    place = fields.node.entries["completes"].place
    keys: list[tuple[str, timedelta | None] | None] = [(SAME_ID, None)]
    if match is not None:
        nodes = [match] if isinstance(match, Scalar) else reader.items(match, f"`match` of {fields.what}")
        keys = [_match_key(reader, node) for node in nodes]
        if isinstance(match, Sequence) and not nodes:
            reader.fault("wrong-type", f"`match` of {fields.what} must name what makes a match", match.place, KEYS)
    line = excerpt_of(reader.document.lines, place)
    return Completion(of, tuple(key for key in keys if key is not None), unmatched or "keep", place, line)


def _match_key(reader: Reader, node: Node) -> tuple[str, timedelta | None] | None:
    if isinstance(node, Scalar):
        if node.text != SAME_ID:
            reader.fault("unknown-value", f"`match` cannot be `{node.text}`", node.place, KEYS)
        return SAME_ID, None
    fields = reader.fields(node, "`match`")
    found = [(kind, reader.duration(each, f"`{kind}` of `match`")) for kind, _, each in fields.entries()]
    if len(found) != 1:
        reader.fault("wrong-type", "an entry of `match` names one kind of identifier", node.place, KEYS)
        return None
    return found[0]
