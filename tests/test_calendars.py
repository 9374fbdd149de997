"""Opening hours as they are written, and the public holidays of France as the authorities published them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from omnictl.calendars import alsatian, default_of, french
from omnictl.errors import DefinitionError
from omnictl.referential import Referential, load_referential

# Easter Monday, Ascension, Whit Monday as service-public.fr and its forerunners gave them
MOVABLE = {
    2008: ("03-24", "05-01", "05-12"),
    2011: ("04-25", "06-02", "06-13"),
    2019: ("04-22", "05-30", "06-10"),
    2023: ("04-10", "05-18", "05-29"),
    2024: ("04-01", "05-09", "05-20"),
    2025: ("04-21", "05-29", "06-09"),
    2026: ("04-06", "05-14", "05-25"),
    2027: ("03-29", "05-06", "05-17"),
}
FIXED = ("01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25")


@pytest.mark.parametrize("year", MOVABLE)
def test_public_holidays_of_france(year: int) -> None:
    published = {date.fromisoformat(f"{year}-{day}") for day in (*FIXED, *MOVABLE[year])}
    assert french(year) == published
    assert len(published) == (10 if year == 2008 else 11)  # in 2008 Ascension fell on the first of May


def test_alsace_and_moselle_have_two_more() -> None:
    assert alsatian(2026) - french(2026) == {date(2026, 4, 3), date(2026, 12, 26)}


def read(tmp_path: Path, text: str) -> Referential:
    path = tmp_path / "referential.yml"
    path.write_text(text, encoding="utf-8")
    return load_referential(path)


def test_a_calendar_as_it_is_written(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
calendars:
  support:
    open: {mon-thu: ["08:30-12:00", "13:00-18:00"], fri: "22:00-02:00, 08:00-10:00", sun: 00:00-24:00}
    holidays: FR
    closed: [2026-12-24, "2026-12-31"]
    open_on: {2026-12-25: "10:00-12:00"}
    default: true
  other: {open: {mon: "9:00-10:00"}}
""",
    )
    support = found.calendars["support"]
    hour = 3600
    monday = ((8 * hour + 1800, 12 * hour), (13 * hour, 18 * hour))
    assert support.week[:4] == (monday,) * 4
    assert support.week[4] == ((8 * hour, 10 * hour), (22 * hour, 24 * hour))
    assert support.week[5:] == (((0, 2 * hour),), ((0, 24 * hour),))
    assert default_of(found.calendars) == "support"
    special = support.special(date(2026, 12, 24), date(2027, 1, 1))
    christmas = {date(2026, 12, 24): (), date(2026, 12, 25): ((10 * hour, 12 * hour),)}
    assert special == christmas | {date(2026, 12, 31): (), date(2027, 1, 1): ()}


@pytest.mark.parametrize(
    ("written", "code", "says"),
    [
        ("{open: {mon: '08:30-25:00'}}", "wrong-calendar", "says no hours"),
        ("{open: {mon: '08:30'}}", "wrong-calendar", "says no hours"),
        ("{open: {mon: '08:00-08:00'}}", "wrong-calendar", "says no hours"),
        ("{open: {monday: '08:00-09:00'}}", "wrong-calendar", "no day of the week"),
        ("{open: {mon-fri: '08:00-12:00', wed: '13:00-14:00'}}", "wrong-calendar", "wed are given twice"),
        ("{open: {mon: '08:00-12:00, 11:00-13:00'}}", "wrong-calendar", "overlap"),
        ("{open: {mon: '22:00-06:00', tue: '05:00-12:00'}}", "wrong-calendar", "hours of tue overlap"),
        ("{open: {mon: '08:00-12:00'}, open_on: {2026-12-24: '22:00-06:00'}}", "wrong-calendar", "end at 24:00"),
        ("{open: {mon: '08:00-12:00'}, holidays: XX}", "unknown-holidays", "`XX`"),
        ("{open: {mon: '08:00-12:00'}, closed: [24/12/2026]}", "wrong-type", "no day"),
        ("{open: {mon: '08:00-12:00'}, holiday: FR}", "unknown-key", "holiday"),
        ("{holidays: FR}", "missing-key", "open"),
        ("{open: {mon: '08:00-12:00'}, default: yes please}", "wrong-type", "true or false"),
    ],
)
def test_what_is_no_calendar(tmp_path: Path, written: str, code: str, says: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path, f"calendars: {{support: {written}}}\n")
    assert [(code, True)] == [(finding.code, says in finding.message) for finding in caught.value.findings]
    assert all(finding.place is not None for finding in caught.value.findings)


def test_two_default_calendars(tmp_path: Path) -> None:
    one = "{open: {mon: '08:00-12:00'}, default: true}"
    with pytest.raises(DefinitionError, match="default calendar already"):
        read(tmp_path, f"calendars: {{a: {one}, b: {one}}}\n")


def test_attributes_of_the_company_s_own(tmp_path: Path) -> None:
    found = read(tmp_path, "intents: {claim: {label: Claim, attributes: {brand: north}}}\n")
    assert found.intents["claim"].attributes == {"brand": "north"}
    with pytest.raises(DefinitionError, match="no name of an attribute"):
        read(tmp_path, "intents: {claim: {label: Claim, attributes: {parent: north, Brand-2: x}}}\n")
