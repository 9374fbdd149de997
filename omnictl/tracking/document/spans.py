"""Durations as YAML has them (`1 d`, `90 min`) and as people say them (`every day`, `90 minutes`)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from omnictl.render.values import plain
from omnictl.tracking.document.words import KEPT, NAMED_SPANS, SPANS
from omnictl.tracking.grammar import EVERY


def written(span: timedelta | None) -> str | None:
    """A duration as a workspace writes it, in the largest unit it is whole in; None for none."""
    if span is None:
        return None
    count, unit = _parts(span)
    return f"{count} {unit}"


def spoken(span: timedelta, lang: str) -> str:
    """A duration in words: `2 hours`."""
    count, unit = _parts(span)
    one, several, *_ = SPANS[unit][1][lang]
    return f"{count} {one if count == '1' else several}"


def spoken_every(span: timedelta, lang: str) -> str:
    """How often, in words: `every day`, `every 2 hours`, `every month`."""
    named = next((name for name, each in EVERY.items() if each == span and name in NAMED_SPANS), None)
    if named is not None:
        return NAMED_SPANS[named][lang]
    count, unit = _parts(span)
    one, several, each, all_ = SPANS[unit][1][lang]
    return f"{each} {one}" if count == "1" else f"{all_} {count} {several}"


def spoken_kept(text: str, lang: str) -> str:
    """How long data are kept, in words: `13 months` and `13d` as `13 mois` and `13 jours`."""
    count = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = text[len(count) :].strip()
    known = KEPT.get(unit) or KEPT.get(unit.removesuffix("s"))
    return f"{count} {known[lang][count != '1']}" if known is not None else text


def _parts(span: timedelta) -> tuple[str, str]:
    if span.microseconds:
        return plain(Decimal(str(span.total_seconds()))), "s"
    seconds = int(span.total_seconds())
    unit = next(unit for unit, (length, _) in SPANS.items() if seconds % length == 0 and (seconds or length == 1))
    return str(seconds // SPANS[unit][0]), unit
