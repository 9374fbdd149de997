"""Which events wants fall upon, and what is wished of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from omnictl.relations import RELATIONS
from omnictl.relations.column import CHANNELS
from omnictl.relations.steps import STEPS
from omnictl.tracking.plan import TOLD_BY, Event
from omnictl.tracking.wants import Want

BY_CHANNEL = ("interactions", "segments", "steps")  # relations whose events are told apart by channel
# Written by omnictl's contact page: in every plan, for what it decides is to be measured.
OURS = ("decisions", "offers")
# Where each type of step happens.
HAPPENS_ON: Mapping[str, tuple[str, ...]] = {
    "page": ("web", "app"),
    "article": ("faq",),
    "search": ("faq", "web", "app"),
    "form_start": ("web", "app", "form"),
    "form_field": ("web", "app", "form"),
    "form_submit": ("web", "app", "form"),
    "form_error": ("web", "app", "form"),
    "login": ("web", "app"),
    "ivr_node": ("phone", "ivr", "visual_ivr"),
    "bot_turn": ("chatbot",),
    "message": ("chat", "email", "messaging", "social", "sms", "video"),
    "vote": ("faq",),
    "action": ("web", "app"),
    "error": ("web", "app"),
}
# Which identifiers a channel usually knows, where no source gives one.
USUALLY = {
    "phone": ("phone", "customer_id"),
    "ivr": ("phone", "customer_id"),
    "callback": ("phone", "customer_id"),
    "sms": ("phone", "customer_id"),
    "email": ("email", "customer_id"),
    "web": ("cookie", "customer_id"),
    "app": ("token", "customer_id"),
    "faq": ("cookie", "customer_id"),
}
_STEP_TYPES = next(column.among for column in STEPS.columns if column.name == "type")


class EventKey(NamedTuple):
    """What tells an event from others; '' and None where its relation is not told apart so."""

    relation: str
    channel: str | None
    kind: str

    @property
    def id(self) -> str:
        """With dots: `steps.faq.article`."""
        return ".".join(part for part in (self.relation, self.channel, self.kind) if part)


@dataclass
class Wish:
    """What is wished of one property; each name once, in the order it was met."""

    kpis: dict[str, None] = field(default_factory=dict)
    helps: dict[str, None] = field(default_factory=dict)
    cuts: dict[str, None] = field(default_factory=dict)
    needs: dict[str, None] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)
    one_of: bool = False

    def add(self, want: Want, address: str, needs: Iterable[str]) -> None:
        """One more KPI that wants it."""
        if want.level == "cut":
            self.cuts[want.cut] = None
        elif want.level == "needed":
            self.kpis[address] = None
        else:
            self.helps[address] = None
        self.one_of |= want.one_of
        self.needs |= dict.fromkeys(needs)
        self.values |= want.values


Wishes = dict[EventKey, dict[str, Wish]]


@dataclass(frozen=True)
class Ground:
    """What the plan is about.

    Attributes:
        channels: of the plan, as the workspace has them.
        kinds: relation → the kinds that sources are known to give.
        limited: whether the plan says that it is about these channels alone.
    """

    channels: tuple[str, ...]
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limited: bool = False

    def keys(self, want: Want, asked: Sequence[str]) -> Iterator[EventKey]:
        """The events a want falls upon.

        Args:
            asked: the channels the need is about; () for all of the plan.
        """
        if RELATIONS[want.relation].written_by != "connector":
            return
        for kind in self._kinds(want):
            if want.relation not in BY_CHANNEL:
                yield EventKey(want.relation, None, kind)
                continue
            for channel in self._channels(want, asked, kind):
                yield EventKey(want.relation, channel, kind)

    def _kinds(self, want: Want) -> tuple[str, ...]:
        told = TOLD_BY.get(want.relation)
        if told is None:
            return ("",)
        if want.kinds:
            return want.kinds
        column = RELATIONS[want.relation].column(told)
        return self.kinds.get(want.relation) or (column.among if column is not None else ("",))

    def _channels(self, want: Want, asked: Sequence[str], kind: str) -> Iterator[str]:
        found = want.channels if want.channels is not None else self.channels
        if want.channels is not None and not asked:
            inside = tuple(each for each in found if each in self.channels)
            found = inside if inside or self.limited else found
        if want.relation == "steps" and kind in HAPPENS_ON:
            usual = HAPPENS_ON[kind]
            found = tuple(each for each in found if each in usual) or (usual[:1] if want.channels is None else ())
        if asked or want.but:
            found = tuple(each for each in found if (not asked or each in asked) and each not in want.but)
        for channel in found:
            known = CHANNELS.get(channel, ("", "contact"))[1]
            if want.visits is None or want.visits == (known == "visit"):
                yield channel


def in_order(channels: Iterable[str]) -> tuple[str, ...]:
    """Channels in the order they are listed everywhere, those of the workspace's own last."""
    known = list(CHANNELS)
    return tuple(sorted(set(channels), key=lambda name: (known.index(name) if name in known else len(known), name)))


def order_of(key: EventKey) -> tuple[int, int, int, str]:
    """By channel, contacts and visits before their parts; then what has no channel."""
    relations = list(RELATIONS)
    channels = list(CHANNELS)
    kinds = [*_STEP_TYPES, "nps", "csat", "ces", "helpful", "queue", "agent"]
    return (
        len(channels) + 1
        if key.channel is None
        else channels.index(key.channel)
        if key.channel in channels
        else len(channels),
        relations.index(key.relation),
        kinds.index(key.kind) if key.kind in kinds else len(kinds),
        key.id,
    )


def usual_kind(event: Event | EventKey) -> str:
    """What an event is about, for its name: a contact or a visit where its relation tells no other kinds."""
    return CHANNELS.get(event.channel or "", ("", "contact"))[1] if event.relation == "interactions" else event.kind
