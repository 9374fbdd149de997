"""Parameters: named values of a KPI, which may change on a day and differ by cut.

A value is a duration in seconds, a number, or a text. Of a parameter with cuts the first one written that fits a row
decides; `changes` of that cut, or of the parameter where no cut fits, say from which local day on another value holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from omnictl.errors import DefinitionError, Finding, Place, did_you_mean
from omnictl.glossary.dates import read_changes
from omnictl.places import Fields, Mapping, Node, Reader, Scalar

UNITS = {"ms": Decimal("0.001"), "s": Decimal(1), "min": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}
DETAILS = ("value", "changes", "by")  # keys of a parameter that is more than one value
MOST_VALUES = 1_000  # of a parameter, over time and by cut together
FORM = "{value: 20 s, changes: [{from: 2026-03-01, value: 30 s}], by: {channel: {chat: 45 s}}}"
CHANNEL = "channel"

_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?(ms|s|min|h|d)\Z")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?\Z")


def seconds(text: str) -> Decimal | None:
    """`20 s`, `1.5 h`, `2min` in seconds; None when the text is no duration."""
    found = _DURATION.match(text.strip())
    return Decimal(found[1]) * UNITS[found[2]] if found else None


def number(text: str) -> Decimal | None:
    """A plain number; None when the text is none."""
    return Decimal(text.strip()) if _NUMBER.match(text.strip()) else None


@dataclass(frozen=True)
class Change:
    """From a local day on, another value."""

    since: date
    value: Decimal | str
    text: str
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True)
class Cut:
    """The value of the rows whose column `dimension` holds `key`. `named` is where the dimension is written."""

    dimension: str
    key: str
    value: Decimal | str
    text: str
    place: Place = field(compare=False, repr=False)
    named: Place = field(compare=False, repr=False)
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """A named value of a KPI. `value` is a number (durations in seconds) or a text; `text` is how it was written.

    Attributes:
        changes: what holds from later days on, where no cut fits.
        cuts: what holds for some rows instead; of several that fit the first.
        origin: what set it when the KPI did not: `omnictl.yml`, or `--set`; '' for the KPI or its address.
    """

    name: str
    value: Decimal | str
    text: str
    place: Place
    duration: bool = False
    changes: tuple[Change, ...] = ()
    cuts: tuple[Cut, ...] = ()
    origin: str = ""

    @property
    def varies(self) -> bool:
        """Whether rows may have different values of it."""
        return bool(self.changes or self.cuts)

    @property
    def dated(self) -> bool:
        """Whether its value depends on the day."""
        return bool(self.changes or any(cut.changes for cut in self.cuts))

    @property
    def values(self) -> tuple[Decimal | str, ...]:
        """Every value it may have."""
        cut = [value for each in self.cuts for value in (each.value, *(change.value for change in each.changes))]
        return (self.value, *(change.value for change in self.changes), *cut)

    @property
    def told(self) -> str:
        """All its values in words: `20 s, 30 s since 2026-03-01, by channel (chat: 45 s), omnictl.yml`."""
        found = [_over_time(self.text, self.changes)]
        for dimension in dict.fromkeys(cut.dimension for cut in self.cuts):
            cuts = [
                f"{cut.key}: {_over_time(cut.text, cut.changes)}" for cut in self.cuts if cut.dimension == dimension
            ]
            found.append(f"by {dimension} ({'; '.join(cuts)})")
        return ", ".join([*found, *([self.origin] if self.origin else [])])

    @property
    def normal(self) -> str:
        """All its values, alike however they are written: `20 s`, `'x'`, `20 s; 2026-03-01 30 s; queue vip 10 s`."""
        unit = " s" if self.duration else ""
        found = [_normal(self.value, unit), *(f"{each.since} {_normal(each.value, unit)}" for each in self.changes)]
        for cut in self.cuts:
            rows = f"{cut.dimension.casefold()} {cut.key}"
            found.append(f"{rows} {_normal(cut.value, unit)}")
            found += [f"{rows} {each.since} {_normal(each.value, unit)}" for each in cut.changes]
        return "; ".join(found)

    @property
    def data(self) -> str | dict[str, object]:
        """The same for programs: the text of one value, else `value`, `changes` and `by`."""
        if not self.varies:
            return self.text
        by: dict[str, dict[str, object]] = {}
        for cut in self.cuts:
            by.setdefault(cut.dimension, {})[cut.key] = _as_data(cut.text, cut.changes) if cut.changes else cut.text
        return _as_data(self.text, self.changes) | ({"by": by} if by else {})


def _normal(value: Decimal | str, unit: str) -> str:
    return f"'{value}'" if isinstance(value, str) else format(value.normalize(), "f") + unit


def _over_time(text: str, changes: tuple[Change, ...]) -> str:
    return ", ".join([text, *(f"{change.text} since {change.since}" for change in changes)])


def _as_data(text: str, changes: tuple[Change, ...]) -> dict[str, object]:
    told = [{"from": change.since.isoformat(), "value": change.text} for change in changes]
    return {"value": text} | ({"changes": told} if told else {})


def parameter(name: str, text: str, place: Place, *, quoted: bool = False) -> Parameter:
    """A parameter from its text: a duration in seconds, a number, else the text itself."""
    if not quoted:
        duration = seconds(text)
        if duration is not None:
            return Parameter(name, duration, text, place, duration=True)
        value = number(text)
        if value is not None:
            return Parameter(name, value, text, place)
    return Parameter(name, text, text, place)


def read_parameter(reader: Reader, name: str, node: Node, channels: Collection[str]) -> Parameter | None:
    """A parameter as it is written: a value, or `value` with `changes` and `by`.

    Returns:
        None when there is no value; the fault is in `reader.findings`.
    """
    if not isinstance(node, Mapping):
        return _plain(reader, name, node)
    fields = reader.fields(node, f"parameter `{name}`")
    given = fields.take("value", required=True)
    general = _plain(reader, name, given) if given is not None else None
    if general is None:
        return None
    changes = _changes(reader, fields, general)
    cuts: list[Cut] = []
    for dimension, place, values in fields.fields("by").entries():
        for key, where, each in reader.fields(values, f"`{name}` by {dimension}").entries():
            if dimension.casefold() == CHANNEL and key not in channels:
                hint = did_you_mean(key, channels)
                reader.fault("unknown-channel", f"`{key}` is no known channel", where, hint, "warning")
            found = _cut(reader, general, each)
            if found is not None:
                cuts.append(Cut(dimension, key, found.value, found.text, where, place, found.changes))
    fields.done()
    if 1 + len(changes) + sum(1 + len(cut.changes) for cut in cuts) > MOST_VALUES:
        reader.fault("expression-too-large", f"`{name}` has more than {MOST_VALUES} values", node.place)
        return general
    return Parameter(name, general.value, general.text, node.place, general.duration, changes, tuple(cuts))


def _plain(reader: Reader, name: str, node: Node) -> Parameter | None:
    if isinstance(node, Scalar) and node.value is not None and not isinstance(node.value, bool):
        return parameter(name, node.text, node.place, quoted=node.quoted)
    reader.fault(
        "wrong-type", f"parameter `{name}` must be a duration, a number or a text", node.place, f"{name}: 20 s"
    )
    return None


def _cut(reader: Reader, general: Parameter, node: Node) -> Parameter | None:
    """The value of one cut, with its own changes."""
    if not isinstance(node, Mapping):
        return _alike(reader, general, node)
    fields = reader.fields(node, f"a value of `{general.name}`")
    given = fields.take("value", required=True)
    found = _alike(reader, general, given) if given is not None else None
    changes = _changes(reader, fields, general)
    fields.done()
    if found is None:
        return None
    return Parameter(general.name, found.value, found.text, found.place, found.duration, changes)


def _changes(reader: Reader, fields: Fields, general: Parameter) -> tuple[Change, ...]:
    found = []
    for since, place, each in read_changes(reader, fields):
        value = _alike(reader, general, each)
        if value is not None:
            found.append(Change(since, value.value, value.text, place))
    return tuple(found)


def _alike(reader: Reader, general: Parameter, node: Node) -> Parameter | None:
    """A value of the kind that the parameter's first value has."""
    found = _plain(reader, general.name, node)
    if found is not None and kind_of(found) != kind_of(general):
        message = f"`{found.text}` is {kind_of(found)}, `{general.name}` is {kind_of(general)}"
        reader.fault("parameter-kinds", message, node.place, "all values of a parameter are of one kind")
        return None
    return found


def kind_of(found: Parameter) -> str:
    """What a parameter holds, as a message tells it."""
    return "a duration such as 30s" if found.duration else "a text" if isinstance(found.value, str) else "a number"


def in_place_of(old: Parameter, new: Parameter, *, place: Place | None = None, excerpt: str = "") -> Parameter:
    """A parameter with what was given instead: its values, changes and cuts take the place of the old ones.

    A number given for a duration is seconds; whatever is given for a text is one.

    Raises:
        DefinitionError: the kinds differ.
    """
    if isinstance(old.value, str) and not new.varies:
        new = Parameter(new.name, new.text, new.text, new.place, origin=new.origin)
    if type(new.value) is not type(old.value) or (new.duration and not old.duration):
        message = f"`{old.name}` is {kind_of(old)}, not `{new.text}`"
        raise DefinitionError(Finding("wrong-parameter", message, place, excerpt=excerpt))
    return Parameter(old.name, new.value, new.text, new.place, old.duration, new.changes, new.cuts, new.origin)
