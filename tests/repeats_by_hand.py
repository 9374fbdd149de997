"""Resolution, needs, people who repeat, self-service and what follows it, by hand over the rows of `people_by_hand`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from people_by_hand import (
    ASSISTED,
    BOTH,
    DAY,
    J7,
    LATER,
    ON_SAME,
    SAME_INTENT,
    Cut,
    Figure,
    Fits,
    Row,
    Window,
    World,
    contacts,
    counted,
    follows,
    nearest,
    needs_of,
    settled,
)  # fmt: skip

Hand = Callable[[World], dict[Cut, Figure]]
SELF = ("ivr", "chatbot", "faq", "form", "web", "app")
REQUESTS = (*LATER, "form", "chat", "phone", "callback")
TICKETS = ("email", "form", "chat", "messaging", "social", "sms")
THREE_DAYS = Window(hours=72)


@dataclass(frozen=True)
class Judged:
    """A share of rows. `hit` says 1, 0, or None where nobody knows; `known` whether the row stands in it at all."""

    asked: Callable[[Row], bool]
    hit: Callable[[Row], bool | None]
    window: Window = J7
    with_intent: bool = False
    known: Callable[[Row], bool] = lambda row: True

    def __call__(self, world: World) -> dict[Cut, Figure]:
        return counted((row.channel, *self._of(row, world)) for row in world.rows if row.inbound and self.asked(row))

    def _of(self, row: Row, world: World) -> tuple[float | None, float | None]:
        if not row.who or not self.known(row) or (self.with_intent and not row.intent):
            return None, None
        found = self.hit(row) if self.window.seen(row, world, back=False) else None
        return (None, None) if found is None else (float(found), 1.0)


def received(row: Row) -> bool:
    return row.contact and row.parent_kind in ("", "within")


def helped_by_a_person(row: Row, window: Window, fits: Fits) -> bool:
    """Whether the nearest that fits lies in the window and is with a person."""
    other = nearest(row, fits)
    return other is not None and window.holds(row, other) and other.channel in ASSISTED


def first_resolution(before: Fits, after: Fits, transfers: str = "") -> Hand:
    """First contact resolution: `transfers` is '', `out` of both parts when passed on, or `unresolved` then."""

    def judged(world: World) -> Iterator[tuple[str, float | None, float | None]]:
        for row in world.rows:
            if not row.inbound or row.channel not in ASSISTED or row.handled is False:
                continue
            left_out = transfers == "out" and (row.transfers or 0) > 0  # whatever it was about
            known = row.who and row.handled is not None and J7.seen(row, world, back=False)
            if not known or not (row.intent or left_out):
                yield row.channel, None, None
                continue
            first, followed = not follows(row, J7, before, back=True), follows(row, J7, after)
            unclear = transfers and row.transfers is None
            # what decides without the transfers is known: a row that is not the first stands in neither part
            if unclear and first and (transfers == "out" or not followed):
                yield row.channel, None, None
                continue
            whole = first and not left_out
            yield row.channel, float(whole and not followed and not (transfers and row.transfers)), float(whole)

    return lambda world: counted(judged(world))


def of_needs(
    value: Callable[[list[Row]], float | None],
    *,
    assisted: bool = False,
    base: Callable[[list[Row]], float] | None = None,
) -> Hand:
    """A figure over closed needs, by the channel they begin on; None leaves a need out."""

    def judged(world: World) -> Iterator[tuple[str, float | None, float | None]]:
        for chain, closed in needs_of(world, assisted=assisted):
            found = value(chain) if closed else None
            yield chain[0].channel, found, None if found is None else base(chain) if base else 1.0

    return lambda world: counted(judged(world))


def channels_of(chain: list[Row]) -> int:
    return len({row.channel for row in chain})


def duration(chain: list[Row]) -> float:
    return (max(row.end for row in chain) - chain[0].started_at).total_seconds()


def settled_last(chain: list[Row]) -> float | None:
    return settled(chain[-1:])


def time_of_settled(world: World) -> dict[Cut, Figure]:
    """Needs that came to nothing are no matter; of those nobody knows the end of, nobody knows whether they are."""
    told = [(chain, closed) for chain, closed in needs_of(world, assisted=False) if settled_last(chain) != 0]
    return counted(
        (chain[0].channel, duration(chain) if closed and settled_last(chain) else None, 1.0) for chain, closed in told
    )


def alone(chain: list[Row]) -> bool:
    return all(row.channel in SELF for row in chain)


def deflected(chain: list[Row]) -> float | None:
    return settled_last(chain) if alone(chain) else 0.0


def deflection_base(chain: list[Row]) -> float:
    return 1.0 if not alone(chain) or settled_last(chain) else 0.0


def people(fits: Fits, *, with_intent: bool, channels: tuple[str, ...] | None = None, as_seen: bool = False) -> Hand:
    """Different people who repeat, out of the different people of the rows judged."""

    def hand(world: World) -> dict[Cut, Figure]:
        above: dict[Cut, set[str]] = defaultdict(set)
        below: dict[Cut, set[str]] = defaultdict(set)
        out: dict[Cut, int] = defaultdict(int)
        for row in world.rows:
            if not row.inbound or not received(row) or (channels is not None and row.channel not in channels):
                continue
            seen = as_seen or J7.seen(row, world, back=False)
            for cut in ((row.channel, False), (None, True)):
                if not row.who or not seen or (with_intent and not row.intent):
                    out[cut] += 1
                    continue
                below[cut].add(row.who)
                if follows(row, J7, fits):
                    above[cut].add(row.who)
        return {cut: (len(above[cut]), len(below[cut]), out[cut]) for cut in {*below, *out}}

    return hand


def readers_per_writer(world: World) -> dict[Cut, Figure]:
    """People on the help pages and people who write, each where they do it."""
    found: dict[Cut, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for row in world.rows:
        if row.inbound and row.who:
            for cut in ((row.channel, False), (None, True)):
                readers, writers = found[cut]
                (readers if row.channel == "faq" else writers if row.channel in TICKETS else set()).add(row.who)
    return {cut: (len(readers), len(writers), 0) for cut, (readers, writers) in found.items()}


def served(row: Row) -> str:
    return row.outcome or ("self_served" if row.action else "")


def succeeded(row: Row) -> bool:
    return row.channel in SELF and (row.outcome == "self_served" or bool(row.action))


def doubled(row: Row, *, same_channel: bool, after: bool) -> bool | None:
    """Whether the next contact for the intent came before the answer, or with `after` since it."""
    other = nearest(row, SAME_INTENT)
    if other is None or not J7.holds(row, other) or (other.channel == row.channel and not same_channel):
        return False
    if row.answered_at is None:
        return None if row.outcome == "handled" else not after
    if other.started_at < row.end:
        return None if row.ended_at is None or row.answered_at < row.ended_at else not after
    return (row.answered_at > other.started_at) != after


def contained(fits: Fits, *, any_contact: bool = False, give_ups: bool = False) -> Callable[[Row], bool]:
    def hit(row: Row) -> bool:
        back = follows(row, DAY, fits) if any_contact else helped_by_a_person(row, DAY, fits)
        if row.outcome in ("escalated", "handled"):
            return False
        return (give_ups or (row.resolved or str(served(row) == "self_served").lower()) == "true") and not back

    return hit


def _sessions(fits: Fits, *, with_intent: bool = False, any_contact: bool = False, give_ups: bool = False) -> Judged:
    hit = contained(fits, any_contact=any_contact, give_ups=give_ups)
    return Judged(lambda row: row.channel in SELF, hit, DAY, with_intent, lambda row: bool(served(row) or row.resolved))


def _requests(*, same_channel: bool = False, after: bool = False) -> Judged:
    return Judged(
        lambda row: received(row) and row.channel in REQUESTS,
        lambda row: doubled(row, same_channel=same_channel, after=after),
        with_intent=True,
    )


def _after_success(asked: Callable[[Row], bool], fits: Fits, *, with_intent: bool) -> Judged:
    return Judged(asked, lambda row: helped_by_a_person(row, THREE_DAYS, fits), THREE_DAYS, with_intent)


REPEATS: dict[str, Hand] = {
    "first_contact_resolution@any_channel": first_resolution(SAME_INTENT, SAME_INTENT),
    "first_contact_resolution@any_intent": first_resolution(BOTH, ON_SAME),
    "first_contact_resolution@net": first_resolution(BOTH, BOTH, "out"),
    "first_contact_resolution@gross_without_transfer": first_resolution(BOTH, BOTH, "unresolved"),
    "first_interaction_resolution@no_return": of_needs(lambda chain: float(len(chain) == 1)),
    "chain_length@contacts": of_needs(lambda chain: float(sum(row.contact for row in chain))),
    "channel_switch_rate": of_needs(lambda chain: float(channels_of(chain) > 1)),
    "channel_switch_rate@assisted": of_needs(lambda chain: float(channels_of(chain) > 1), assisted=True),
    "channel_switch_rate@further_channels": of_needs(lambda chain: channels_of(chain) - 1.0),
    "time_to_resolution": of_needs(duration),
    "time_to_resolution@assisted": of_needs(duration, assisted=True),
    "time_to_resolution@settled": time_of_settled,
    "repeat_customer_rate": people(SAME_INTENT, with_intent=True),
    "repeat_customer_rate@any_intent": people(contacts, with_intent=False),
    "repeat_customer_rate@assisted": people(SAME_INTENT, with_intent=True, channels=ASSISTED),
    "repeat_customer_rate@as_seen": people(SAME_INTENT, with_intent=True, as_seen=True),
    "post_success_contact_rate": _after_success(succeeded, SAME_INTENT, with_intent=True),
    "post_success_contact_rate@any_intent": _after_success(succeeded, contacts, with_intent=False),
    "post_success_contact_rate@acts": _after_success(
        lambda row: row.channel in SELF and bool(row.action), SAME_INTENT, with_intent=True
    ),
    "duplicate_request_rate": _requests(),
    "duplicate_request_rate@after_the_answer": _requests(after=True),
    "duplicate_request_rate@on_any_channel": _requests(same_channel=True),
    "true_containment_rate": _sessions(contacts),
    "true_containment_rate@same_intent": _sessions(SAME_INTENT, with_intent=True),
    "true_containment_rate@give_ups_stay": _sessions(contacts, give_ups=True),
    "true_containment_rate@any_contact": _sessions(contacts, any_contact=True),
    "deflection_proxy": of_needs(deflected, base=deflection_base),
    "deflection_proxy@self_service_score": readers_per_writer,
}
PERCENTILES: dict[str, tuple[float, Callable[[World], list[float]]]] = {
    "time_to_resolution@median": (0.5, lambda world: _durations(world)),
    "time_to_resolution@p90": (0.9, lambda world: _durations(world)),
}


def _durations(world: World) -> list[float]:
    return [duration(chain) for chain, closed in needs_of(world, assisted=False) if closed]
