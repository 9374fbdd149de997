"""Telephone numbers, against the reference library of numbering plans."""

from __future__ import annotations

import random
import re

import duckdb
import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from omnictl.ingest.numbering import PLANS, REROUTED
from omnictl.ingest.phones import steps

LINES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "unknown",
    PhoneNumberType.TOLL_FREE: "special",
    PhoneNumberType.PREMIUM_RATE: "special",
    PhoneNumberType.SHARED_COST: "special",
    PhoneNumberType.UAN: "special",
}
LONGEST = 15  # digits of an E.164 number; the library knows some longer ones


def normalised(raws: list[str], country: str) -> list[tuple[str | None, str | None, str | None]]:
    """Number, line type and area of each spelling."""
    origin = "(select unnest($raws::varchar[]) as raw, generate_subscripts($raws::varchar[], 1) as place)"
    for step in steps("raw", country):
        origin = f"(select *, {step.sql} as {step.name} from {origin})"
    connection = duckdb.connect()
    return connection.execute(f"select norm, line_type, area from {origin} order by place", {"raws": raws}).fetchall()


def numbers_of(country: str, count: int) -> list[phonenumbers.PhoneNumber]:
    """Numbers the library holds for valid fixed, mobile or special lines of a country."""
    draw = random.Random(country)
    plan = phonenumbers.PhoneMetadata.metadata_for_region(country)
    found: list[phonenumbers.PhoneNumber] = []
    while len(found) < count:
        length = draw.choice(plan.general_desc.possible_length)
        digits = "".join(draw.choice("0123456789") for _ in range(length))
        number = phonenumbers.PhoneNumber(plan.country_code, int(digits), italian_leading_zero=digits[0] == "0" or None)
        written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        overseas = (
            country == "FR" and duckdb.execute(f"select regexp_matches('{digits}', '{OVERSEAS}')").fetchall()[0][0]
        )
        if (
            phonenumbers.is_valid_number_for_region(number, country)
            and phonenumbers.number_type(number) in LINES
            and 8 < len(written) <= LONGEST + 1
            and not overseas
        ):
            found.append(number)
    return found


OVERSEAS = "|".join(REROUTED.values())
UNUSUAL = {  # numbers of lines hardly any caller has: short local ones, voice boxes, numbers of firms in other ranges
    "CA": r"^\+1310",
    "US": r"^\+1310\d{4}$",
    "NL": r"^\+3114",
    "PT": r"^\+351(16|6|9[48])",
    "AT": r"^\+43(6485|8[69]|[57])",
    "DE": r"^\+4970",
}


@pytest.mark.parametrize("country", sorted(PLANS))
def test_five_spellings_of_a_number(country: str) -> None:
    draw = random.Random(country)
    idd = PLANS[country].international
    spellings, expected = [], []
    for number in numbers_of(country, 300):
        written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if country in UNUSUAL and re.match(UNUSUAL[country], written):
            continue
        spellings.append(
            draw.choice(
                [
                    written,
                    phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
                    phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
                    phonenumbers.format_number(number, PhoneNumberFormat.RFC3966),
                    idd + written[1:],
                ]
            )
        )
        expected.append((written, LINES[phonenumbers.number_type(number)]))
    found = [(number, line) for number, line, _ in normalised(spellings, country)]
    assert [pair for pair in zip(spellings, found, expected, strict=True) if pair[1] != pair[2]] == []
    assert len(expected) > 200


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("06.12.34.56.78", "+33612345678"),
        ("06-12-34-56-78", "+33612345678"),
        ("06/12/34/56/78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0033 (0)6 12 34 56 78", "+33612345678"),
        ("+33 06 12 34 56 78", "+33612345678"),
        ("00 33 6 12 34 56 78", "+33612345678"),
        ("33612345678", "+33612345678"),
        ("612345678", "+33612345678"),  # as a spreadsheet leaves it
        ("tel:+33-6-12-34-56-78", "+33612345678"),
        ("TEL:0612345678", "+33612345678"),
        ("0145678901 poste 12", "+33145678901"),
        ("0145678901;ext=12", "+33145678901"),
        ("0145678901 (bureau)", "+33145678901"),
        ("\u202f06\u00a012\u00a034\u00a056\u00a078", "+33612345678"),
        ("0800 123 456", "+33800123456"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+216 20 123 456", "+21620123456"),
        ("0690 12 34 56", "+590690123456"),
        ("0262 12 34 56", "+262262123456"),
        ("3631", None),
        ("112", None),
        ("118218", None),
        ("anonymous", None),
        ("Withheld", None),
        ("sip:0612345678@acme.fr", None),
        ("0612345678@acme.fr", None),
        ("O612345678", None),
        ("0000000000", None),
        ("+33 1 23", None),
        ("+", None),
        ("", None),
        ("06+12345678", None),
        ("06123456789", None),
        ("0612345678 / 0612345679", None),
    ],
)
def test_spellings_of_a_french_caller(raw: str, number: str | None) -> None:
    assert normalised([raw], "FR")[0][0] == number


def test_lines_and_areas() -> None:
    asked = ["0145678901", "0561234567", "0912345678", "0612345678", "0891234567", "+12125550100", "+32470123456"]
    assert [found[1:] for found in normalised(asked, "FR")] == [
        ("fixed", "01"),
        ("fixed", "05"),
        ("fixed", None),
        ("mobile", None),
        ("special", None),
        ("unknown", None),
        ("mobile", None),
    ]


@pytest.mark.parametrize("country", ["", "RU"])
def test_without_a_plan_a_national_number_is_its_digits(country: str) -> None:
    asked = [
        "0612345678",
        "+33612345678",
        "0033612345678",
        "33612345678",
        "8 (900) 123-45-67",
        "1001",
        "anonymous",
        "x89001234567",
    ]
    wanted = ["0612345678", "+33612345678", "+33612345678", "33612345678", "89001234567", None, None, None]
    assert [found[0] for found in normalised(asked, country)] == wanted
