"""What may follow: a channel, or one of the words that stand for several."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.build.ordered import assisted
from omnictl.engines.connection import one_of
from omnictl.errors import OmnictlError, did_you_mean
from omnictl.relations.families import FAMILIES, PHONE_CHANNELS

if TYPE_CHECKING:
    from omnictl.build.feeds import Feed
    from omnictl.referential import Channel

WORDS = ("contact", "visit", "assisted", "phone")  # of several channels; the others are channels themselves
FAMILY = {"contact": "next_contact", "visit": "next_visit", "assisted": "next_assisted", "phone": "next_phone"}

TOLD = {
    "en": {
        "contact": "an inbound contact of the same person",
        "visit": "a visit of the same person",
        "assisted": "an inbound contact of the same person on a channel where people answer",
        "phone": "a call of the same person, voice menu included",
        "": "an inbound contact or a visit of the same person on {}",
        "contacts": "an inbound contact of the same person on {}",
        "visits": "a visit of the same person on {}",
    },
    "fr": {
        "contact": "un contact entrant de la même personne",
        "visit": "une visite de la même personne",
        "assisted": "un contact entrant de la même personne par un canal de conseillers",
        "phone": "un appel de la même personne, SVI compris",
        "": "un contact entrant ou une visite de la même personne par {}",
        "contacts": "un contact entrant de la même personne par {}",
        "visits": "une visite de la même personne par {}",
    },
}


@dataclass(frozen=True)
class Then:
    """What is looked for after an interaction: inbound contacts that repeat none, and visits.

    Attributes:
        name: as it is asked: one of `WORDS`, or a channel.
        channels: those it may be on; None for all.
        contacts, visits: which of the two it may be.
        kind: which of the two those on the channel are, unless a row says otherwise.
    """

    name: str
    channels: tuple[str, ...] | None
    contacts: bool = True
    visits: bool = True
    kind: str = ""

    def condition(self, of: str) -> str:
        """SQL over rows of an alias that know `fresh` (an inbound contact that repeats none), `visit`, `channel`."""
        kinds = [f"{of}.{name}" for name, wanted in (("fresh", self.contacts), ("visit", self.visits)) if wanted]
        on = f" and {one_of(f'{of}.channel', self.channels)}" if self.channels is not None else ""
        return f"({' or '.join(kinds)}){on}"

    def fed_by(self, feed: Feed) -> bool:
        """Whether rows of a feed are what is looked for."""
        contact = feed.kind == "contact" and feed.direction == "inbound"
        fits = (self.contacts and contact) or (self.visits and feed.kind == "visit")
        return fits and (self.channels is None or feed.channel in self.channels)

    def family(self, same_intent: bool) -> str | None:
        """The family of follow-ups that finds it; None when none does."""
        name = FAMILY.get(self.name, "") + ("_same_intent" if same_intent else "")
        return name if name in FAMILIES else None

    def told(self, lang: str) -> str:
        words = TOLD.get(lang, TOLD["en"])
        if self.name in words:
            return words[self.name]
        return words[{"contact": "contacts", "visit": "visits"}.get(self.kind, "")].format(self.name)


def then_of(name: str, channels: Mapping[str, Channel], seen: Collection[str]) -> Then:
    """What a name on the line stands for.

    Args:
        channels: those that the referential knows.
        seen: those of the data.

    Raises:
        OmnictlError: it is neither a word nor a channel.
    """
    word = name.casefold()
    if word == "contact":
        return Then(word, None, visits=False)
    if word == "visit":
        return Then(word, None, contacts=False)
    if word == "assisted":
        return Then(word, tuple(assisted(channels)), visits=False)
    if word == "phone":
        return Then(word, PHONE_CHANNELS, visits=False)
    if word in channels or word in seen:
        return Then(word, (word,), kind=channels[word].kind if word in channels else "")
    if word == "agent":
        raise OmnictlError(f"nothing known follows on `{name}`", hint="--then assisted: a contact where people answer")
    raise OmnictlError(f"nothing known follows on `{name}`", hint=did_you_mean(name, (*WORDS, *channels, *seen)))
