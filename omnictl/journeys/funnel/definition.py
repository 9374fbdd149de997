"""A funnel as it is written: on the line or in a YAML file, before the data says which channels there are.

```yaml
funnel: claims
steps:
  - faq
  - {step: "page:/claims/**", optional: true}
  - step: phone
    where: outcome = 'handled'
    label: Calls about it
unit: person            # person, interaction, need
order: ordered          # ordered, strict, any
window: J+7             # J+7, intra-day: local days; 60min: rolling
exclude:
  - {step: agency, between: 1-3, effect: drop}
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from omnictl.errors import DefinitionError, Finding, OmnictlError, Place
from omnictl.glossary.written import Written
from omnictl.journeys.funnel.rules import EFFECTS, ENTRIES, LATER, ORDERS, REPRESENTS, Effect, Entry, Order, Represents

if TYPE_CHECKING:
    from pathlib import Path

    from omnictl.places import Fields, Node, Reader

Unit = Literal["person", "interaction", "need"]
Attribution = Literal["first", "last", "step"]
UNITS, ATTRIBUTIONS = get_args(Unit), get_args(Attribution)
ANCHORS = ("first", "step")
WINDOWS = "J+7 and intra-day are local calendar days, 60min and 72h are rolling"
_DAYS = re.compile(r"J\+([0-9]{1,4})\Z", re.I)
_GRACE = re.compile(r"grace\s*=\s*(.+)\Z", re.I)
_SPAN = re.compile(r"([0-9]{1,2})\s*-\s*([0-9]{1,2})\Z")


@dataclass(frozen=True)
class StepAsked:
    """One step: its short form, a condition besides, what people read."""

    short: Written
    where: Written | None = None
    label: str = ""
    optional: bool = False
    anchored: bool = False


@dataclass(frozen=True)
class ExclusionAsked:
    """What must not happen. `between`: two steps; None: the first and the last."""

    short: Written
    where: Written | None = None
    between: tuple[int, int] | None = None
    effect: Effect = "remove"


@dataclass(frozen=True)
class FunnelAsked:
    """A funnel as it is written; windows and ties as texts. `within`: the channels whose rows break order strict."""

    name: str = ""
    steps: tuple[StepAsked, ...] = ()
    unit: Unit = "person"
    order: Order = "ordered"
    within: tuple[str, ...] = ()
    window: str = "J+7"
    anchor: str = "first"
    entry: Entry = "any"
    represents: Represents = "furthest"
    ties: str = "allow"
    exclude: tuple[ExclusionAsked, ...] = ()
    hold: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    attribution: Attribution = "first"


@dataclass(frozen=True)
class Span:
    """A window: `days` of the local calendar, or rolling `milliseconds`; one of the two is None."""

    text: str
    days: int | None = None
    milliseconds: int | None = None


def span_of(text: str) -> Span:
    """A window as it is written.

    Raises:
        DefinitionError: it is none.
    """
    from omnictl.places import duration

    bare = text.strip()
    if bare.casefold() == "intra-day":
        return Span(bare, days=0)
    if (days := _DAYS.match(bare)) is not None:
        return Span(bare, days=int(days[1]))
    found = duration(bare)
    if found is None or found <= timedelta(0):
        raise DefinitionError(Finding("wrong-window", f"`{bare}` is no window", hint=WINDOWS))
    return Span(bare, milliseconds=found // timedelta(milliseconds=1))


def ties_of(text: str) -> int:
    """`allow`, `later` or `grace=2s` as the rules have it.

    Raises:
        OmnictlError: it is none of them.
    """
    from omnictl.places import duration

    bare = text.strip().casefold()
    if bare in ("allow", "later"):
        return 0 if bare == "allow" else LATER
    found = _GRACE.match(bare)
    grace = duration(found[1]) if found is not None else None
    if grace is None or grace <= timedelta(0):
        raise OmnictlError(f"ties cannot be `{text}`", hint="allow, later, or grace=2s")
    return grace // timedelta(milliseconds=1)


def between_of(text: str) -> tuple[int, int]:
    """Two steps, written `1-3`.

    Raises:
        OmnictlError: they are not.
    """
    found = _SPAN.match(text.strip())
    if found is None:
        raise OmnictlError(f"`{text}` does not name two steps", hint="1-3: after the first, before the third")
    return int(found[1]), int(found[2])


def on_line(text: str, name: str) -> Written:
    """A text of the command line, which knows the argument it stands in."""
    lines = text.split("\n")
    return Written(text, Place(name, 1, 1, max(1, len(lines[0]))), tuple(lines))


def read_funnel(path: Path) -> FunnelAsked:
    """A funnel of a YAML file.

    Raises:
        DefinitionError: all that is wrong with it, each fault with its place.
    """
    from omnictl.places import Reader, read

    documents = read(path)
    if len(documents) != 1:
        raise DefinitionError(Finding("wrong-type", f"{path} holds {len(documents)} documents, not one funnel"))
    reader = Reader(documents[0])
    root = reader.root("a funnel")
    found: dict[str, Any] = {"name": root.text("funnel") or ""}
    steps = root.items("steps", required=True)
    found["steps"] = tuple(each for node in steps if (each := _step(reader, node)) is not None)
    for key, among in (
        ("unit", UNITS), ("order", ORDERS), ("anchor", ANCHORS), ("entry", ENTRIES), ("represents", REPRESENTS),
        ("attribution", ATTRIBUTIONS),
    ):  # fmt: skip
        found[key] = root.choice(key, among)
    for key, told in (("window", span_of), ("ties", ties_of)):
        found[key] = _text(reader, root, key, told)
    found["within"] = tuple(root.texts("within")) or None
    found["hold"] = tuple(root.texts("hold")) or None
    found["by"] = tuple(root.texts("by")) or None
    excluded = (_exclusion(reader, node) for node in root.items("exclude"))
    found["exclude"] = tuple(each for each in excluded if each is not None)
    root.done()
    reader.finish()
    return FunnelAsked(**{key: value for key, value in found.items() if value is not None})


def _text(reader: Reader, root: Fields, key: str, told: Any) -> str | None:
    text = root.text(key)
    if text is None:
        return None
    try:
        told(text)
    except OmnictlError as error:
        hint = error.findings[0].hint if isinstance(error, DefinitionError) else error.hint
        code = error.findings[0].code if isinstance(error, DefinitionError) else "unknown-value"
        node = root.node.get(key)
        reader.fault(code, error.message, node.place if node is not None else root.place, hint)
    return text


def _step(reader: Reader, node: Node) -> StepAsked | None:
    from omnictl.places import Scalar

    if isinstance(node, Scalar):
        return StepAsked(Written(node.text, node.place, reader.document.lines))
    root = reader.fields(node, "a step")
    short = _written(reader, root, "step", required=True)
    where, label = _written(reader, root, "where"), root.text("label") or ""
    optional, anchored = root.boolean("optional") or False, root.boolean("anchored") or False
    root.done()
    return StepAsked(short, where, label, optional, anchored) if short is not None else None


def _exclusion(reader: Reader, node: Node) -> ExclusionAsked | None:
    from omnictl.places import Scalar

    if isinstance(node, Scalar):
        return ExclusionAsked(Written(node.text, node.place, reader.document.lines))
    root = reader.fields(node, "an exclusion")
    short = _written(reader, root, "step", required=True)
    where = _written(reader, root, "where")
    text = _text(reader, root, "between", between_of)
    effect = cast("Effect", root.choice("effect", EFFECTS) or "remove")
    root.done()
    if short is None or reader.findings:
        return None
    return ExclusionAsked(short, where, between_of(text) if text else None, effect)


def _written(reader: Reader, root: Fields, key: str, *, required: bool = False) -> Written | None:
    from omnictl.places import Scalar

    node = root.take(key, required=required)
    if node is None:
        return None
    if not isinstance(node, Scalar):
        reader.text(node, f"`{key}` of {root.what}")
        return None
    return Written(node.text, node.place, reader.document.lines)
