"""referential.yml: what the company knows: intents, solutions, channels, and the rules that give meaning to
queues, pages and codes. YAML in, objects out; no SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from omnictl.calendars import Calendar, read_calendars
from omnictl.errors import Finding, Place, did_you_mean
from omnictl.places import Fields, Mapping, Node, Reader, read
from omnictl.relations.column import CHANNELS

LANGUAGES = ("en", "fr")
# Worth having for nobody, for the customer alone, for the company alone, for both: B. Price and D. Jaffe, The Best
# Service is No Service (2008), the value-irritant matrix.
CONTACT_CLASSES = ("eliminate", "automate", "simplify", "leverage")
MATCH_KEYS = ("queue", "page", "ivr_node", "wrap_up")

_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")


@dataclass(frozen=True)
class Intent:
    """A reason why customers come. `value` is the added value of serving it, in EUR; `contact_class` what the company
    would rather do with contacts for it: one of CONTACT_CLASSES."""

    label: dict[str, str]
    parent: str | None = None
    value: Decimal | None = None
    better_with: str | None = None
    contact_class: str | None = None
    attributes: AbstractMapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Solution:
    """One concrete offer that can satisfy intents, on one channel."""

    label: dict[str, str]
    channel: str | None = None
    intents: tuple[str, ...] = ()
    owner: str | None = None
    attributes: AbstractMapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Channel:
    """How a channel serves: its mode (assisted, self_service; None when unknown) and the kind of its interactions."""

    mode: str | None
    kind: str
    label: dict[str, str] = field(default_factory=dict)
    attributes: AbstractMapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MatchRule:
    """Gives a queue, page, menu node or wrap-up code its meaning. Exactly one of `MATCH_KEYS` is set, as a glob."""

    place: Place
    key: str
    glob: str
    source: str | None = None
    intent: str | None = None
    solution: str | None = None
    business_line: str | None = None

    @property
    def regex(self) -> str:
        """The glob as an anchored, case-insensitive regular expression of RE2.

        In pages `*` stops at `/` and `**` does not; elsewhere both match anything. `?` is one character.
        A page also matches when it ends with one `/` more, or carries a query string or fragment.
        """
        one = "[^/]*" if self.key == "page" else ".*"
        body = re.sub(
            r"\\\*\\\*|\\\*|\\\?",
            lambda found: {r"\*\*": ".*", r"\*": one, r"\?": "."}[found[0]],
            re.escape(self.glob),
        )
        if self.key == "page":
            # `/claims/**` covers `/claims` itself, as path globs do
            body = re.sub(r"/\.\*$", "(/.*)?", body)
            return f"(?is)^{body}/?([?#].*)?$"
        return f"(?is)^{body}$"


@dataclass(frozen=True)
class Rate:
    """What one interaction costs, in EUR: of a channel, of a solution, or of a solution on a channel.

    Attributes:
        since: the first local day it holds, None: from ever.
        until: the local day it no longer holds, None: for ever.
        per_second: of talk, hold and after-contact work.
    """

    place: Place
    channel: str | None = None
    solution: str | None = None
    since: date | None = None
    until: date | None = None
    per_contact: Decimal = Decimal(0)
    per_second: Decimal = Decimal(0)

    @property
    def terms(self) -> tuple[object, ...]:
        """What figures depend on: all but where it is written."""
        return (self.channel, self.solution, self.since, self.until, self.per_contact, self.per_second)


@dataclass(frozen=True)
class Referential:
    """The company's names. Empty when a workspace has none."""

    intents: AbstractMapping[str, Intent] = field(default_factory=dict)
    solutions: AbstractMapping[str, Solution] = field(default_factory=dict)
    match: tuple[MatchRule, ...] = ()
    channels: AbstractMapping[str, Channel] = field(default_factory=lambda: shipped_channels())
    warnings: tuple[Finding, ...] = ()
    rates: tuple[Rate, ...] = ()
    calendars: AbstractMapping[str, Calendar] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[object, ...]:
        """What a question takes from it: calendars, and what it says of solutions, intents and channels."""
        entries = (self.solutions, self.intents, self.channels)
        return (
            [sorted((name, repr(entry)) for name, entry in each.items()) for each in entries],
            [(name, calendar.shape) for name, calendar in self.calendars.items()],
        )

    def intent_of_solution(self) -> dict[str, str]:
        """The intent an interaction takes from its solution: of solutions that serve one intent only."""
        return {name: solution.intents[0] for name, solution in self.solutions.items() if len(solution.intents) == 1}


def shipped_channels() -> dict[str, Channel]:
    """The channels omnictl knows, with their mode and kind."""
    return {name: Channel(mode, kind) for name, (mode, kind) in CHANNELS.items()}


def labels(fields: Fields, key: str) -> dict[str, str]:
    """A text per language; one text alone stands for every language."""
    node = fields.take(key)
    if node is None:
        return {}
    what = f"`{key}` of {fields.what}"
    if not isinstance(node, Mapping):
        text = fields.reader.text(node, what)
        return dict.fromkeys(LANGUAGES, text) if text else {}
    found = {}
    inner = fields.reader.fields(node, what)
    for language in LANGUAGES:
        text = inner.text(language)
        if text is not None:
            found[language] = text
    inner.done()
    return found


def load_referential(path: Path, *, shown_as: str = "") -> Referential:
    """Read a referential.

    Raises:
        DefinitionError: every fault of the file, each with its place.
    """
    documents = read(path, shown_as=shown_as)
    if not documents:
        return Referential()
    reader = Reader(documents[0])
    root = reader.root("the referential")
    named = read_names(reader, root)
    rules = [_rule(reader, node, named.intents, named.solutions) for node in root.items("match")]
    if root.take("agents") is not None:
        place = root.key_place("agents")
        reader.fault("no-effect", "`agents` has no effect in this version", place, severity="warning")
    root.done()
    reader.finish()
    warnings = tuple(finding for finding in reader.findings if finding.severity == "warning")
    return replace(named, match=tuple(rule for rule in rules if rule), warnings=warnings)


def read_names(reader: Reader, root: Fields) -> Referential:
    """What some fields say of intents, solutions, channels, rates and calendars: a referential without rules."""
    channels = _channels(reader, root)
    intents = {name: _intent(reader, name, node) for name, _, node in root.fields("intents").entries()}
    intent_places = root.fields("intents").node.entries
    for name, intent in intents.items():
        if intent.parent and intent.parent not in intents:
            hint = did_you_mean(intent.parent, intents)
            message = f"the parent `{intent.parent}` of intent `{name}` is not an intent"
            reader.fault("unknown-intent", message, intent_places[name].place, hint, "warning")
    solutions = {
        name: _solution(reader, name, node, intents, channels) for name, _, node in root.fields("solutions").entries()
    }
    rates = _rates(reader, root.items("rates"), solutions, channels)
    return Referential(intents, solutions, (), channels, (), rates, read_calendars(reader, root))


def _channels(reader: Reader, root: Fields) -> dict[str, Channel]:
    channels = shipped_channels()
    for name, _, node in root.fields("channels").entries():
        fields = reader.fields(node, f"channel `{name}`")
        known = channels.get(name, Channel(None, "contact"))
        mode = fields.choice("mode", ("assisted", "self_service"))
        kind = fields.choice("kind", ("contact", "visit"))
        shown = labels(fields, "label")
        channels[name] = Channel(mode or known.mode, kind or known.kind, shown, _attributes(reader, fields))
        fields.done()
    return channels


def _intent(reader: Reader, name: str, node: Node) -> Intent:
    fields = reader.fields(node, f"intent `{name}`")
    intent = Intent(
        label=labels(fields, "label"),
        parent=fields.text("parent"),
        value=fields.number("value"),
        better_with=fields.choice("better_with", ("person", "self_service")),
        contact_class=fields.choice("contact_class", CONTACT_CLASSES),
        attributes=_attributes(reader, fields),
    )
    fields.done()
    return intent


def _solution(
    reader: Reader, name: str, node: Node, intents: dict[str, Intent], channels: dict[str, Channel]
) -> Solution:
    fields = reader.fields(node, f"solution `{name}`")
    label = labels(fields, "label")
    channel = fields.text("channel")
    if channel and channel not in channels:
        message = f"`{channel}` of solution `{name}` is not a known channel"
        reader.fault(
            "unknown-channel", message, fields.key_place("channel"), did_you_mean(channel, channels), "warning"
        )
    served = [_known(reader, item, "intent", intents) for item in fields.items("intents")]
    owner = fields.text("owner")
    attributes = _attributes(reader, fields)
    if fields.take("success") is not None:
        place = fields.key_place("success")
        reader.fault("no-effect", "`success` has no effect in this version", place, severity="warning")
    fields.done()
    return Solution(label, channel, tuple(intent for intent in served if intent), owner, attributes)


def _attributes(reader: Reader, fields: Fields) -> dict[str, str]:
    """What a company says of its solutions, intents and channels besides: `attributes: {brand: north}`."""
    found = {}
    for name, place, node in fields.fields("attributes").entries():
        if name in fields.known or not _ATTRIBUTE.match(name):
            hint = "small letters, digits and `_`; no other key of the entry"
            reader.fault("unknown-key", f"`{name}` is no name of an attribute", place, hint)
        elif (text := reader.text(node, f"attribute `{name}`")) is not None:
            found[name] = text
    return found


def _rule(
    reader: Reader, node: Node, intents: AbstractMapping[str, Intent], solutions: AbstractMapping[str, Solution]
) -> MatchRule | None:
    fields = reader.fields(node, "a match rule")
    globs = {key: text for key in MATCH_KEYS if (text := fields.text(key)) is not None}
    source = fields.text("source")
    given = {
        "intent": _known_under(reader, fields, "intent", intents),
        "solution": _known_under(reader, fields, "solution", solutions),
        "business_line": fields.text("business_line"),
    }
    fields.done()
    one_of = ", ".join(MATCH_KEYS)
    if len(globs) != 1:
        reader.fault("match-rule", f"a match rule needs exactly one of {one_of}", node.place)
        return None
    if fields.node.keys.keys() & given.keys() == set():
        reader.fault("match-rule", "a match rule gives an intent, a solution or a business_line", node.place)
        return None
    ((key, glob),) = globs.items()
    return MatchRule(fields.node.entries[key].place, key, glob, source, **given)


def _known_under(reader: Reader, fields: Fields, key: str, among: AbstractMapping[str, object]) -> str | None:
    node = fields.take(key)
    return None if node is None else _known(reader, node, key, among)


def _known(reader: Reader, node: Node, kind: str, among: AbstractMapping[str, object]) -> str | None:
    name = reader.text(node, f"the {kind}")
    if name is not None and name not in among:
        article = "an" if kind == "intent" else "a"
        reader.fault(f"unknown-{kind}", f"`{name}` is not {article} {kind}", node.place, did_you_mean(name, among))
        return None
    return name


def _rates(
    reader: Reader, nodes: list[Node], solutions: dict[str, Solution], channels: dict[str, Channel]
) -> tuple[Rate, ...]:
    """The rate card; no two rates of the same channel and solution may hold on one day."""
    found: list[Rate] = []
    for node in nodes:
        rate = _rate(reader, node, solutions, channels)
        if rate is None:
            continue
        for other in found:
            if (other.channel, other.solution) == (rate.channel, rate.solution) and _overlap(other, rate):
                message = f"two rates hold at once: this one and that of line {other.place.line}"
                reader.fault("wrong-rate", message, rate.place, "`to` is the first day on which a rate no longer holds")
        found.append(rate)
    return tuple(found)


def _rate(reader: Reader, node: Node, solutions: dict[str, Solution], channels: dict[str, Channel]) -> Rate | None:
    fields = reader.fields(node, "a rate")
    channel = fields.text("channel")
    if channel is not None and channel not in channels:
        message = f"`{channel}` is not a known channel"
        reader.fault(
            "unknown-channel", message, fields.key_place("channel"), did_you_mean(channel, channels), "warning"
        )
    solution = _known_under(reader, fields, "solution", solutions)
    since, until = _day(reader, fields, "from"), _day(reader, fields, "to")
    per_contact, per_second = fields.number("per_contact"), fields.number("per_second")
    fields.done()
    named = fields.node.keys.keys()
    if not named & {"channel", "solution"} or not named & {"per_contact", "per_second"}:
        hint = "{channel: phone, from: 2026-01-01, per_contact: 0.40, per_second: 0.012}"
        reader.fault("wrong-rate", "a rate names a channel or a solution, and what one costs", node.place, hint)
        return None
    for key, amount in (("per_contact", per_contact), ("per_second", per_second)):
        if amount is not None and amount < 0:
            reader.fault("wrong-rate", f"`{key}` of a rate must not be negative", fields.key_place(key))
    if since is not None and until is not None and until <= since:
        reader.fault("wrong-rate", "`to` of a rate must be after its `from`", fields.key_place("to"))
    zero = Decimal(0)
    return Rate(node.place, channel, solution, since, until, per_contact or zero, per_second or zero)


def _day(reader: Reader, fields: Fields, key: str) -> date | None:
    text = fields.text(key)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        reader.fault(
            "wrong-type", f"`{key}` of {fields.what} must be a date, such as 2026-01-01", fields.key_place(key)
        )
        return None


def _overlap(one: Rate, other: Rate) -> bool:
    def before(a: Rate, b: Rate) -> bool:
        return a.until is not None and b.since is not None and a.until <= b.since

    return not before(one, other) and not before(other, one)
