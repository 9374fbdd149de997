"""What the columns of an unknown export may mean, guessed from their names and from a sample of their values.

A guess is never more than a draft: each carries the remark that tells the reader what to check.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from omnictl.relations.column import CHANNELS

ENOUGH = 0.8  # share of a column's values that must read as times; exports hold broken ones
MOST_CHANNELS = 20  # different values above which a column names no channel

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}(:?\d{2})?)?\Z")
_OFFSET = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)\Z")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?\Z")
_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]{5,20}\Z")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%d/%m/%y", "%m/%d/%y")
TIME_FORMATS = (
    *(f"{day} {clock}" for day in _DAYS for clock in _CLOCKS),
    *(f"{day} {clock}" for day in ("%d %b %Y", "%b %d %Y") for clock in _CLOCKS),
    *_DAYS,
    "%Y%m%d%H%M%S",
    "%a %b %d %H:%M:%S %z %Y",
)

# What columns are called, on their folded names; the first pattern that finds a column wins.
NAMES: dict[str, tuple[str, ...]] = {
    "interaction_id": (
        r"^(interaction|contact|call|case|ticket|complaint|incident|conversation|session|chat|request|dossier|demande|"
        r"appel)_?(id|no|number|num|numero|ref|reference|key)$",
        r"^(id|uuid|guid|uniqueid|number|numero|reference|ref)$",
        r"_(id|uuid|guid|ref|no)$|^id_",
    ),
    "started_at": (
        r"^(start|started|begin|began|open|opened|creat|created|received|debut)(_|$)",
        r"(start|begin|open|creat|receiv|arriv|debut|ouvert|horodat)",
        r"((?<!up)date|timestamp|time|jour)",
    ),
    "ended_at": (r"^(end|ended|closed|finish|fin|cloture)", r"(_end|_ended|closed|cloture|hangup)(_|$)"),
    "version_at": (r"(updat|modif|changed|maj)",),
    "channel": (r"^(channel|canal|media|medium)$", r"(channel|canal|contact_type|submitted_via|media_type)"),
    "queue": (r"^(queue|file|skill|split)(_|$)", r"(queue|assignment_group)"),
    "agent": (r"^(agent|conseiller|operator|advisor|csr)(_|$)", r"(agent|assigned_to|conseiller)"),
}
TIMES = ("started_at", "ended_at", "version_at")
IDENTIFIERS: dict[str, tuple[str, ...]] = {
    "customer_id": (r"^(customer|client|member|account|caller|user)_?(id|no|number|num|numero|ref)$",),
    "email": (r"(^|_)(e_?mail|mail|courriel)(_|$)",),
    "phone": (r"(^|_)(phone|tel|telephone|mobile|msisdn|ani|cli)(_|$)", r"^(caller|calling)(_(number|no))?$"),
}
CHANNEL_WORDS: dict[str, tuple[str, ...]] = {
    "phone": ("phone", "telephone", "call", "voice", "inbound call", "appel", "tel"),
    "web": ("web", "website", "portal", "internet", "site", "self service"),
    "email": ("email", "e mail", "mail", "courriel"),
    "mail": ("postal mail", "post", "letter", "courrier", "fax"),
    "form": ("form", "web form", "webform", "formulaire"),
    "chat": ("chat", "live chat", "webchat"),
    "chatbot": ("bot", "chatbot"),
    "app": ("app", "mobile app", "mobile"),
    "social": ("social", "social media", "twitter", "facebook", "instagram"),
    "messaging": ("whatsapp", "messenger", "messaging"),
    "sms": ("sms", "text"),
    "agency": ("branch", "agency", "agence", "counter", "walk in", "in person", "guichet"),
    "callback": ("callback", "rappel"),
    "ivr": ("ivr", "svi"),
}


@dataclass(frozen=True)
class Sample:
    """The first rows of an export: `values` holds the filled cells of each column, in order."""

    rows: int
    values: Mapping[str, Sequence[Any]]
    reserved: frozenset[str] = frozenset()  # words of SQL that cannot name a column unquoted

    def sql(self, column: str) -> str:
        """The column's name as SQL writes it."""
        if re.match(r"[A-Za-z_][A-Za-z0-9_]*\Z", column) and column.lower() not in self.reserved:
            return column
        return '"' + column.replace('"', '""') + '"'


@dataclass(frozen=True)
class Guess:
    """An expression for one of our columns, the columns of theirs it uses, and what to check about it."""

    expression: str
    remark: str
    uses: tuple[str, ...] = ()


@dataclass
class Draft:
    """The guesses for one export, by our column and by kind of identifier."""

    columns: dict[str, Guess] = field(default_factory=dict)
    identifiers: dict[str, Guess] = field(default_factory=dict)

    def used(self) -> set[str]:
        return {name for guess in (*self.columns.values(), *self.identifiers.values()) for name in guess.uses}


def guess(sample: Sample) -> Draft:
    """Guess what the columns of an export mean; key, channel and start are always there, if only as a reminder."""
    draft = Draft()
    draft.columns["interaction_id"] = _key(sample)
    draft.columns["channel"] = _channel(sample)
    draft.columns["started_at"] = _time(sample, "started_at") or _no_time(sample)
    keyed = bool(draft.columns["interaction_id"].uses)  # a digest of the row is another one in each version
    for ours in ("ended_at", "version_at") if keyed else ("ended_at",):
        found = _time(sample, ours, besides=draft.used())
        if found:
            draft.columns[ours] = found
    for ours in ("queue", "agent"):
        column = _called(sample, NAMES[ours], besides=draft.used())
        if column:
            draft.columns[ours] = Guess(sample.sql(column), "by its name", (column,))
    for kind, patterns in IDENTIFIERS.items():
        column = _called(sample, patterns, besides=draft.used())
        if column and (kind != "phone" or _dialled(sample.values[column])):
            draft.identifiers[kind] = Guess(sample.sql(column), "by its name", (column,))
    return draft


def folded(name: str) -> str:
    """A name without case, accents and punctuation: `Date d'ouverture` is `date_d_ouverture`."""
    plain = unicodedata.normalize("NFKD", re.sub(r"([a-z])([A-Z])", r"\1_\2", name))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")


def _called(sample: Sample, patterns: Iterable[str], besides: Iterable[str] = ()) -> str | None:
    """The first filled column that a pattern finds, strongest pattern first."""
    names = [name for name in sample.values if name not in set(besides) and sample.values[name]]
    return next((name for pattern in patterns for name in names if re.search(pattern, folded(name))), None)


def _dialled(values: Sequence[Any]) -> bool:
    """Whether half of the values could be telephone numbers."""
    return sum(bool(_NUMBER.match(str(value).strip())) for value in values) * 2 >= len(values)


def _key(sample: Sample) -> Guess:
    names = [name for name, values in sample.values.items() if len(values) == sample.rows]
    for pattern in NAMES["interaction_id"]:
        for name in names:
            if re.search(pattern, folded(name)):
                different = len({str(value) for value in sample.values[name]})
                remark = f"by its name; {different:,} different values in {sample.rows:,} rows"
                return Guess(sample.sql(name), remark, (name,))
    columns = ", ".join(sample.sql(name) for name in sample.values)
    return Guess(f"md5(concat_ws('|', {columns}))", "no column looks like a key: this is a digest of the whole row")


def _channel(sample: Sample) -> Guess:
    column, found_by = _called(sample, NAMES["channel"]), "by its name"
    if column is None:
        found_by = "by its values"
        column = next((name for name, values in sample.values.items() if _are_channels(values)), None)
    if column is None:
        return Guess("'phone'", f"no column names a channel; write one of {', '.join(CHANNELS)}")
    values = sorted({str(value) for value in sample.values[column]})
    name = sample.sql(column)
    if len(values) > MOST_CHANNELS:
        return Guess(name, f"{found_by}, but it holds {len(values)} different values", (column,))
    known = {value: channel for value in values if (channel := _channel_of(value))}
    unlike = {value: channel for value, channel in known.items() if value.lower() != channel}
    rest = [value for value in values if value not in known]
    remark = found_by + (f"; not known: {', '.join(rest)}" if rest else "")
    if not unlike:
        return Guess(
            name if all(value == known.get(value) for value in values) else f"lower({name})", remark, (column,)
        )
    whens = " ".join(f"when {_literal(value)} then '{channel}'" for value, channel in unlike.items())
    return Guess(f"case {name} {whens} else lower({name}) end", remark, (column,))


def _are_channels(values: Sequence[Any]) -> bool:
    """Whether most of a few different values name channels."""
    different = {str(value) for value in values}
    known = sum(_channel_of(value) is not None for value in different)
    return 0 < len(different) <= MOST_CHANNELS and known * 2 > len(different)


def _channel_of(value: str) -> str | None:
    word = folded(value).replace("_", " ")
    if word in CHANNELS:
        return word
    return next((channel for channel, words in CHANNEL_WORDS.items() if word in words), None)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _time(sample: Sample, ours: str, besides: Iterable[str] = ()) -> Guess | None:
    """The column of a time: the first by name that reads as times."""
    taken = set(besides)
    for pattern in NAMES[ours]:
        for name, values in sample.values.items():
            if name not in taken and values and re.search(pattern, folded(name)):
                found = _reading(sample, name)
                if found:
                    return found
    return None


def _no_time(sample: Sample) -> Guess:
    for name, values in sample.values.items():
        found = _reading(sample, name) if values else None
        if found:
            return Guess(found.expression, f"the first column that reads as times; {found.remark}", found.uses)
    first = next(iter(sample.values))
    return Guess(sample.sql(first), "no column reads as times: write the expression that gives the start", (first,))


def _reading(sample: Sample, column: str) -> Guess | None:
    """How the column reads as times, None when it does not."""
    values = sample.values[column]
    name = sample.sql(column)
    if all(isinstance(value, datetime) for value in values):
        zoned = any(value.tzinfo for value in values)
        remark = "times with a zone" if zoned else "times without a zone: local times of the source's zone"
        return Guess(name, remark, (column,))
    texts = [str(value).strip() for value in values]
    if _share(texts, lambda text: bool(_OFFSET.search(text) and _ISO.match(text))) >= ENOUGH:
        return Guess(name, "times with an offset", (column,))
    shares = {written: _share(texts, partial(_reads, written)) for written in TIME_FORMATS}
    best = max(shares.values())
    formats = [written for written, share in shares.items() if share == best >= ENOUGH]
    iso = _share(texts, lambda text: bool(_ISO.match(text))) >= ENOUGH
    if not formats and not iso:
        return None
    has_hours = any(":" in text for text in texts) if iso else "%M" in formats[0]
    if not has_hours:
        clock = _clock_beside(sample, column, formats[0] if formats else "%Y-%m-%d")
        if clock:
            return clock
    remark = "local times of the source's zone" if has_hours else "days without hours: all at midnight"
    if formats and "%z" in formats[0]:
        remark = "times with an offset"
    if iso:
        return Guess(name, remark, (column,))
    if len(formats) > 1:
        remark += f"; they also read as {formats[1]}"
    return Guess(f"strptime({name}, '{formats[0]}')", remark, (column,))


def _clock_beside(sample: Sample, day: str, day_format: str) -> Guess | None:
    """A column of hours that completes a column of days."""
    for name, values in sample.values.items():
        texts = [str(value).strip() for value in values]
        if name == day or not texts or _share(texts, lambda text: bool(_CLOCK.match(text))) < ENOUGH:
            continue
        for clock in _CLOCKS:
            if _share(texts, partial(_reads, clock)) >= ENOUGH:
                both = f"{sample.sql(day)} || ' ' || {sample.sql(name)}"
                return Guess(f"strptime({both}, '{day_format} {clock}')", "a day and an hour, local time", (day, name))
    return None


def _reads(written: str, text: str) -> bool:
    try:
        datetime.strptime(text, written)
    except ValueError:
        return False
    return True


def _share(texts: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, texts)) / len(texts) if texts else 0.0
