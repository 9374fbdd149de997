"""`completes`, `match` and `unmatched` of omnictl.yml: that a source describes contacts of another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from omnictl.errors import Place, did_you_mean
from omnictl.places import Fields, Node, Reader, Scalar, Sequence, excerpt_of

if TYPE_CHECKING:
    from omnictl.sources import Source

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


def check_completions(reader: Reader, sources: Mapping[str, Source]) -> None:
    """Note a fault for every `completes` that names no source, the source itself, one without contacts or one that
    completes another; and for identifiers of `match` that one of the two does not have."""
    for source in sources.values():
        completion = source.completion
        if completion is None:
            continue
        other = sources.get(completion.of)
        if other is None or other is source:
            known = [name for name in sources if name != source.name]
            message = f"`{source.name}` cannot complete `{completion.of}`"
            reader.fault("unknown-source", message, completion.place, did_you_mean(completion.of, known))
        elif other.completion is not None:
            message = f"`{other.name}` completes `{other.completion.of}` itself"
            reader.fault("completes-chain", message, completion.place, f"completes: {other.completion.of}")
        elif other.declared and other.relation != "interactions":
            message = f"`{other.name}` gives {other.relation}, no contacts that could be completed"
            reader.fault("unknown-source", message, completion.place)
        else:
            _check_kinds(reader, source, other, completion)


def _check_kinds(reader: Reader, source: Source, other: Source, completion: Completion) -> None:
    """Note a fault for a kind of identifier one of the two sources lacks, where the mapping tells."""
    for each in (source, other):
        for kind, gap in completion.keys if each.identifies else ():
            if gap is not None and kind not in each.identifiers:
                message = f"source `{each.name}` has no identifier `{kind}`, so `match` would find nothing by it"
                reader.fault("unknown-value", message, completion.place, did_you_mean(kind, each.identifiers))
