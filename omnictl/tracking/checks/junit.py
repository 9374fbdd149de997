"""A check as results of tests: a suite per event and source, a case per finding; what is sound is one that passed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from omnictl.errors import Place
from omnictl.render.junit import Tested
from omnictl.tracking.checks.check import Checked
from omnictl.tracking.checks.finding import DataFinding, subject_of


def tested(checked: Checked, found: Sequence[DataFinding], failing: Collection[str], lang: str) -> list[Tested]:
    """The results.

    Args:
        found: the findings that are told.
        failing: severities and codes that fail; another finding is a case that passed.
    """
    results = [_of(each, _suite(each), failing, lang) for each in found]
    spoken = {_suite(each) for each in found}
    return results + [sound for sound in _sound(checked) if sound.suite not in spoken]


def _suite(each: DataFinding) -> str:
    return each.about.event or (f"source {each.about.source}" if each.about.source else "plan")


def _of(each: DataFinding, suite: str, failing: Collection[str], lang: str) -> Tested:
    place = each.about.place or Place("")
    name = f"{each.code}: {each.key}" if each.key else each.code
    fails = bool({each.severity, each.code} & set(failing))
    return Tested(suite, name, place.file, place.line, 0.0, each.message(lang) if fails else "")


def _sound(checked: Checked) -> Iterator[Tested]:
    for event in checked.plan.events:
        place = event.place or checked.plan.place or Place("")
        yield Tested(event.id, "as planned", place.file, place.line, 0.0)
    for each in checked.grid:
        place = subject_of(checked.plan, each.source).place or Place("")
        yield Tested(f"source {each.source}", "as planned", place.file, place.line, 0.0)
