"""Telephone numbers to E.164, with the type and area of the line, as SQL.

Spellings understood: +33 6…, 0033…, +33 (0)6…, 06…, dots, dashes, slashes and brackets, `tel:`, an extension behind
it, and a number whose leading zero a spreadsheet took. What is no telephone number (anonymous, `sip:`, letters, too
short for the country's plan) is NULL. Where the workspace's country has no plan here, a number without country code is
its digits as they are: it links to the same spelling only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from omnictl.ingest.numbering import OVERSEAS, PLANS, REROUTED, Plan

SEPARATORS = r"[-().,/\s\x{00a0}\x{202f}\x{2009}]"
ODD = r"[^-0-9+().,/\s\x{00a0}\x{202f}\x{2009}]"  # what does not stand in a plainly written number
PREFIX = r"^(tel|phone|callto):/*"
EXTENSION = r"\s*(;?\s*(ext|extension|poste|x|#)\.?\s*[=:]?\s*[0-9]{1,6}|\([a-zà-ÿ .]+\))\s*$"
FOREIGN = r"[2-9]\d{7,14}"  # of countries without a plan here
UNPLANNED = r"\d{6,15}"  # a national number of such a country; shorter ones are extensions


@dataclass(frozen=True)
class Step:
    """A projection: name and SQL of the column it adds."""

    name: str
    sql: str


def steps(raw: str, country: str) -> list[Step]:
    """The projections, in order, that end in `norm` (E.164 or NULL), `line_type` and `area`.

    Most callers are of the country and write their number plainly: one pattern tells these (`home`, the national
    number in `nsn`), and only the others take the long way.

    Args:
        raw: the name of the column with the number as written.
        country: a code such as FR, for numbers without country code.
    """
    home = PLANS.get(country)
    as_it_is = "" if home else f" else regexp_extract(p4, '^{UNPLANNED}$')"
    compact = f"case when regexp_full_match({raw}, '[0-9+]*') then {raw} else"
    return [
        Step("compact", f"{compact} regexp_replace({raw}, '{SEPARATORS}+', '', 'g') end"),
        Step("nsn", f"regexp_extract(compact, '{_plainly(home)}', 1)" if home else "''"),
        Step("home", f"nsn <> '' and not regexp_matches(nsn, '^({'|'.join(REROUTED.values())})$')"),
        *(Step(step.name, f"case when not home then {step.sql} end") for step in _long_way(raw, home)),
        Step("digits", f"case when home then '{home.code}' || nsn else any_country end" if home else "any_country"),
        Step("norm", f"nullif(case when digits is not null then '+' || digits{as_it_is} end, '')"),
        Step("line_type", _line_type(home)),
        Step("area", _area()),
    ]


def _plainly(home: Plan) -> str:
    """A number of the country as it is plainly written, without separators; its group is the national number."""
    trunk = f"|{home.trunk}" if home.trunk else ""
    none = "|" if home.bare or not home.trunk else ""
    return rf"^(?:\+{home.code}|{home.international}{home.code}{trunk}{none})({home.national})$"


def _long_way(raw: str, home: Plan | None) -> list[Step]:
    """The projections that end in `any_country`: the digits of E.164, or NULL."""
    known = _known()
    codes = "|".join(sorted({plan.code for plan in known}, key=len, reverse=True))
    valid = "|".join(f"{plan.code}(?:{plan.national})" for plan in known)
    trunks = "|".join(plan.code for plan in known if plan.trunk == "0")
    international = home.international if home else "00"
    foreign = f"not regexp_matches(p7, '^({codes})') and regexp_matches(p7, '^{FOREIGN}$')"
    cleaned = f"trim(regexp_replace(regexp_replace(lower(trim({raw})), '{PREFIX}', ''), '{EXTENSION}', ''))"
    # after an international prefix the trunk zero is written in brackets and not dialled
    bracketed = f"contains(p1, '(0)') and regexp_matches(p1, '^(\\+|{international})')"
    return [
        Step("odd", f"regexp_matches({raw}, '{ODD}')"),
        Step("p1", f"case when odd then {cleaned} else {raw} end"),
        Step("p2", f"case when {bracketed} then replace(p1, '(0)', '') else p1 end"),
        Step("p3", f"case when not odd or not regexp_matches(p2, '{ODD}') then p2 end"),
        Step("p4", "regexp_replace(p3, '[^0-9+]', '', 'g')"),
        Step("p5", _complete(home, international)),
        Step("p6", f"regexp_replace(p5, '^({trunks})0', '\\1')"),
        Step("p7", _rerouted("p6")),
        Step("any_country", f"case when regexp_matches(p7, '^({valid})$') or ({foreign}) then p7 end"),
    ]


def _known() -> list[Plan]:
    found = {plan.code: plan for plan in (*PLANS.values(), *OVERSEAS.values())}
    return list(found.values())


def _complete(home: Plan | None, international: str) -> str:
    """The digits with country code, of a number written in any of the ways a country writes it."""
    cases = [
        "when starts_with(p4, '+') and not contains(substr(p4, 2), '+') then substr(p4, 2)",
        "when contains(p4, '+') then null",
        f"when starts_with(p4, '{international}') then substr(p4, {len(international) + 1})",
    ]
    if home is not None:
        if home.trunk:
            begin = len(home.trunk) + 1
            cases.append(
                f"when regexp_matches(p4, '^{home.trunk}({home.national})$') then '{home.code}' || substr(p4, {begin})"
            )
        if home.bare or not home.trunk:
            cases.append(f"when regexp_matches(p4, '^({home.national})$') then '{home.code}' || p4")
        cases.append(f"when regexp_matches(p4, '^{home.code}({home.national})$') then p4")
    return f"case {' '.join(cases)} end"


def _rerouted(digits: str) -> str:
    any_of_them = f"regexp_matches({digits}, '^33({'|'.join(REROUTED.values())})$')"
    cases = [
        f"when regexp_matches({digits}, '^33({pattern})$') then '{code}' || substr({digits}, 3)"
        for code, pattern in REROUTED.items()
    ]
    return f"case when {any_of_them} then case {' '.join(cases)} end else {digits} end"


def _line_type(home: Plan | None) -> str:
    known = _known()

    def among(kind: str) -> str:
        patterns = [(plan.code, getattr(plan, kind)) for plan in known]
        either = "|".join(f"{code}(?:{pattern})" for code, pattern in patterns if pattern)
        return f"regexp_matches(digits, '^({either})$')"

    def at_home(kind: str) -> str:
        pattern = getattr(home, kind)
        return f"regexp_matches(nsn, '^({pattern})$')" if pattern else "false"

    def told_by(holds: Callable[[str], str]) -> str:
        # special before fixed: plans without fixed lengths tell fixed lines by what they are not
        cases = " ".join(f"when {holds(kind)} then '{kind}'" for kind in ("mobile", "special", "fixed"))
        return f"case {cases} else 'unknown' end"

    if home is None:
        return f"case when digits is not null then {told_by(among)} end"
    return f"case when home then {told_by(at_home)} when digits is not null then {told_by(among)} end"


def _area() -> str:
    cases = [
        f"when line_type = 'fixed' and starts_with(digits, '{plan.code}')"
        f" then '{plan.trunk}' || nullif(regexp_extract(digits, '^{plan.code}{plan.area}$', 1), '')"
        for plan in _known()
        if plan.area
    ]
    return f"case {' '.join(cases)} end"
