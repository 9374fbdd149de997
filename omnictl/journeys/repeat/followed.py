"""Which KPI says how many interactions are followed: by what was asked, its family of follow-ups, and both in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omnictl.errors import OmnictlError

THEN = ("contact", "phone", "assisted", "visit")
CHANNEL = ("any", "same", "other")
COUNT = ("contacts", "customers")
VISITS = ("web", "app", "faq")

Words = Mapping[str, str]


@dataclass(frozen=True)
class Sought:
    """What is asked of repeat contact.

    Attributes:
        then: one of `THEN`: what follows, or with `back` what came before.
        channel: one of `CHANNEL`: that of the other, seen from the index.
        back: whether what came before is looked for: what repeats, where forward is what is followed.
        count: one of `COUNT`.
        retries: whether calls that were given up are looked at, instead of contacts that were handled.
        after: the channels of the index; none for all those of the KPI.
    """

    then: str = "contact"
    channel: str = "any"
    same_intent: bool = False
    back: bool = False
    count: str = "contacts"
    retries: bool = False
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Followed:
    """A KPI that says how many rows a family of follow-ups follows, and in words, by language, which rows are meant.

    Attributes:
        sooner: SQL over a row `f` of followups: whether the very next thing is meant, and not the family's.
        curved: whether the family alone tells when a row is followed, so that a curve can be drawn.
        people: whether people are counted, not their contacts.
    """

    kpi: str
    family: str
    index: Words
    next: Words
    sooner: str = ""
    curved: bool = True
    people: bool = False

    def tells(self, column: str) -> str:
        """SQL over a row `f` of followups: something of what follows, such as `gap_s`."""
        own = f"f.{self.family}_{column}"
        return f"case when {self.sooner} then f.next_{column} else {own} end" if self.sooner else own


HANDLED = {"en": "handled inbound contacts, from their end", "fr": "contacts entrants traités, depuis leur fin"}
RECEIVED = {"en": "contacts received, from their start", "fr": "contacts reçus, depuis leur début"}
CUSTOMERS = {
    "en": "people with a contact received, from its end",
    "fr": "personnes ayant un contact reçu, depuis sa fin",
}
VISITED = {"en": "visits, from their end", "fr": "visites, depuis leur fin"}
ABANDONED = {
    "en": "calls given up after a while, from their end",
    "fr": "appels abandonnés après un moment, depuis leur fin",
}
CONTACT = {"en": "an inbound contact of the same person", "fr": "un contact entrant de la même personne"}
CALL = {
    "en": "a call of the same person, voice menu included",
    "fr": "un appel de la même personne, SVI compris",
}
SERVED = {
    "en": "an inbound contact of the same person where people answer",
    "fr": "un contact entrant de la même personne là où des conseillers répondent",
}
VISIT = {"en": "a visit of the same person", "fr": "une visite de la même personne"}
OTHERS = {"contact": CONTACT, "phone": CALL, "assisted": SERVED, "visit": VISIT}
PLACES = {
    "any": {"en": "", "fr": ""},
    "same": {"en": ", on the same channel", "fr": ", par le même canal"},
    "other": {"en": ", on another channel", "fr": ", par un autre canal"},
}
SAME_INTENT = {"en": ", for the same intent", "fr": ", pour le même motif"}
BEFORE = {"en": ", before it", "fr": ", avant lui"}

# (then, channel): the variant, '' for the KPI itself, and the family; for the same intent both get a suffix.
AHEAD = {
    ("contact", "any"): ("", "next_contact"),
    ("contact", "same"): ("same_channel", "next_same_channel"),
    ("contact", "other"): ("on_other_channel", "next_other_channel"),
    ("phone", "any"): ("then_phone", "next_phone"),
    ("assisted", "any"): ("then_assisted", "next_assisted"),
}
BACK = {
    ("contact", "any"): ("", "previous_contact"),
    ("contact", "same"): ("same_channel", "previous_same_channel"),
    ("contact", "other"): ("on_other_channel", "previous_other_channel"),
}
ONLY_SAME_INTENT = {"previous_same_channel"}  # families that there are for the same intent alone
AT_ONCE = "f.next_gap_s <= 60 and f.next_channel in ('phone', 'ivr')"  # a double is no next call, and a retry


def followed_by(sought: Sought) -> Followed:
    """The KPI that counts what was asked.

    Raises:
        OmnictlError: no KPI says that.
    """
    if sought.retries:
        return _retries(sought)
    if sought.count == "customers":
        return _customers(sought)
    if sought.back:
        return _looking_back(sought)
    words = _words(sought)
    if sought.after and set(sought.after) <= set(VISITS) and (sought.then, sought.channel) == ("phone", "any"):
        return Followed(
            "phone_after_web_rate" + ("@same_intent" if sought.same_intent else ""),
            "next_phone" + _suffix(sought),
            VISITED,
            words,
        )
    if sought.then == "visit":
        if sought.same_intent or sought.channel != "any":
            message = "visits are told by person alone, not by intent or channel"
            raise OmnictlError(message, hint="--then visit without --intent same and --channel")
        return Followed("web_rebound_rate", "next_visit", HANDLED, words)
    found = AHEAD.get((sought.then, sought.channel))
    if found is None:
        hint = "--channel same and --channel other go with --then contact"
        raise OmnictlError(f"`--then {sought.then}` names the channels already", hint=hint)
    variant, family = found
    return Followed(_address("reiteration_rate", variant, sought), family + _suffix(sought), HANDLED, words)


def _looking_back(sought: Sought) -> Followed:
    found = BACK.get((sought.then, sought.channel))
    if found is None:
        hint = "`omnictl kpi query repeat_share --by previous_contact_channel` cuts by it"
        raise OmnictlError(f"what repeats is told of contacts, not of a {sought.then} before", hint=hint)
    variant, family = found
    if family in ONLY_SAME_INTENT and not sought.same_intent:
        message = "nothing tells the contact before on the same channel, whatever it was for"
        raise OmnictlError(message, hint="--intent same, or --channel any")
    return Followed(
        _address("repeat_share", variant, sought),
        family + _suffix(sought),
        RECEIVED,
        _words(sought),
    )


def _customers(sought: Sought) -> Followed:
    if (sought.then, sought.channel, sought.back) != ("contact", "any", False):
        message = "people who come back are counted over all channels, looking ahead"
        raise OmnictlError(message, hint="--count customers goes with --after, --intent and --within alone")
    address = "repeat_customer_rate" + ("" if sought.same_intent else "@any_intent")
    family = "next_contact" + _suffix(sought)
    return Followed(address, family, CUSTOMERS, _words(sought), curved=False, people=True)


def _retries(sought: Sought) -> Followed:
    plain = Sought(retries=True, after=sought.after)
    if sought != plain or set(sought.after) - {"phone"}:
        message = "retries are calls of people who gave a call up, whatever they are about"
        raise OmnictlError(message, hint="--retries goes with --within, --by and --where alone")
    return Followed("retry_rate", "next_phone", ABANDONED, CALL, sooner=AT_ONCE, curved=False)


def _suffix(sought: Sought) -> str:
    return "_same_intent" if sought.same_intent else ""


def _address(kpi: str, variant: str, sought: Sought) -> str:
    named = f"{variant}{_suffix(sought)}" if variant else _suffix(sought)[1:]
    return f"{kpi}@{named}" if named else kpi


def _words(sought: Sought) -> Words:
    """What follows, in words."""
    found = {}
    for lang in ("en", "fr"):
        text = OTHERS[sought.then][lang] + PLACES[sought.channel][lang]
        text += SAME_INTENT[lang] if sought.same_intent else ""
        found[lang] = text + (BEFORE[lang] if sought.back else "")
    return found


def on_channels(after: Sequence[str], where: str | None) -> str | None:
    """The asker's condition with that on the channels of the index."""
    if not after:
        return where
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in after)
    channels = f"channel in ({names})"
    return f"({where}) and {channels}" if where else channels
