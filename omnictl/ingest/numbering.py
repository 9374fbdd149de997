"""Telephone numbering plans: how national numbers look, and which lines are mobile, fixed or special.

Patterns are of the national significant number, what follows the country's code in E.164. `special` are numbers of
shared or higher cost, free numbers, and numbers of firms.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """One country's plan.

    Attributes:
        code: the country's calling code.
        national: the whole national significant number.
        trunk: what is dialled before it inside the country; '' when nothing is.
        international: what is dialled before a foreign number.
        bare: whether a number of fixed length can be told without its trunk, as spreadsheets leave it.
        area: the part of a fixed number that tells the region, as a pattern with one group; '' when unused.
    """

    code: str
    national: str
    mobile: str
    fixed: str
    special: str
    trunk: str = "0"
    international: str = "00"
    bare: bool = True
    area: str = ""


_FRANCE = Plan(
    code="33",
    national=r"[1-9]\d{8}",
    mobile=r"[67]\d{8}",
    fixed=r"[1-5]\d{8}|9\d{8}",
    special=r"8\d{8}",
    area=r"([1-5])\d{8}",
)
_NORTH_AMERICA = Plan(
    code="1",
    national=r"[2-9]\d{2}[2-9]\d{6}",
    mobile="",  # fixed and mobile numbers share their areas
    fixed="",
    special=r"(?:800|833|844|855|866|877|888|900)\d{7}",
    trunk="1",
    international="011",
)

PLANS: dict[str, Plan] = {
    "AT": Plan(
        "43",
        national=r"[1-9]\d{3,12}",
        mobile=r"6(?:5[0-3579]|6[013-9]|[7-9]\d)\d{4,10}",
        fixed=r"1\d{3,12}|[2-7]\d{4,12}",
        special=r"8(?:00|10|2\d|[69][2-68])\d{5,10}|9\d{8,12}",
        bare=False,
    ),
    "BE": Plan(
        "32",
        national=r"4\d{8}|[1-9]\d{7}",
        mobile=r"4[5-9]\d{7}",
        fixed=r"(?:1[0-69]|[23][2-8]|4[23]|5\d|6[013-57-9]|71|8[1-79]|9[2-4])\d{6}|80[2-8]\d{5}",
        special=r"(?:70|78|90)\d{6}|800\d{5}",
    ),
    "CA": _NORTH_AMERICA,
    "CH": Plan(
        "41",
        national=r"[2-9]\d{8}",
        mobile=r"(?:6[89]|7[235-9])\d{7}",
        fixed=r"(?:2[12467]|3[1-4]|4[134]|5[256]|6[12]|[7-9]1)\d{7}",
        special=r"(?:800|84[0248]|90[016]|878)\d{6}|5[18]\d{7}",
    ),
    "DE": Plan(
        "49",
        national=r"[1-9]\d{3,13}",
        mobile=r"1(?:5\d{9}|[67]\d{8,9})",
        fixed=r"[2-9]\d{3,13}",
        special=r"(?:800|900|180|137|700)\d{5,11}|18[1-9]\d{5,11}|138\d{4,6}",
        bare=False,
    ),
    "ES": Plan(
        "34",
        national=r"400\d{6}|[5-9]\d{8}",
        mobile=r"(?:6\d|7[1-48])\d{7}",
        fixed=r"(?:8[1-8]|9[1-8])\d{7}|400\d{6}",
        special=r"[89]0\d{7}|(?:70|51)\d{7}",
        trunk="",
    ),
    "FR": _FRANCE,
    "GB": Plan(
        "44",
        national=r"[1-357-9]\d{9}|[18]\d{8}",
        mobile=r"7[1-57-9]\d{8}",
        fixed=r"[12]\d{9}|1\d{8}",
        special=r"(?:3[0347]|55|8[04-7]|9[018]|70)\d{8}|800\d{6}",
    ),
    "IE": Plan(
        "353",
        national=r"[1-9]\d{6,9}",
        mobile=r"8[2-9]\d{7}",
        fixed=r"(?:1\d|2[1-9]|4\d|5\d|6[1-9]|7[14]|9\d)\d{5,7}|48\d{8}",
        special=r"1[58]\d{8}|(?:818|700)\d{6}",
    ),
    "IT": Plan(
        "39",
        national=r"0\d{5,10}|3\d{8,10}|[18]\d{5,9}|(?:43|55|70)\d{8}",
        mobile=r"3[2-9]\d{7,8}|(?:31|43)\d{8}",
        fixed=r"0\d{5,10}",
        special=r"8\d{5,9}|1\d{5,9}",
        trunk="",
    ),
    "LU": Plan(
        "352",
        national=r"[2-57-9]\d{3,10}|6\d{8}",
        mobile=r"6(?:[26][18]|5[1568]|7[189]|81|9[128])\d{6}",
        fixed=r"(?:2[2-9]|3\d|[457]\d|8[13-9]|9[2-579])\d{2,9}|(?:80[2-9]|90[89])\d{1,8}",
        special=r"80[01]\d{5}|90[015]\d{5}",
        trunk="",
    ),
    "NL": Plan(
        "31",
        national=r"[1-7]\d{8}|8\d{6,9}|9\d{6,10}",
        mobile=r"(?:6[1-58]|970\d)\d{7}",
        fixed=r"[1-57]\d{8}",
        special=r"800\d{4,7}|90[069]\d{4,7}|8[478]\d{7}",
    ),
    "PT": Plan(
        "351",
        national=r"[236-9]\d{8}",
        mobile=r"9[1-36]\d{7}",
        fixed=r"2\d{8}",
        special=r"80[0289]\d{6}|6(?:0[178]|4[68])\d{6}|(?:76[0-2]|70[78]|884)\d{6}",
        trunk="",
    ),
    "US": _NORTH_AMERICA,
}

# Overseas numbers dialled as national ones in France: their own country code is the one of E.164.
OVERSEAS = {
    "590": Plan("590", national=r"\d{9}", mobile=r"69\d{7}", fixed=r"590\d{6}", special=""),
    "594": Plan("594", national=r"\d{9}", mobile=r"694\d{6}", fixed=r"594\d{6}", special=""),
    "596": Plan("596", national=r"\d{9}", mobile=r"69[67]\d{6}", fixed=r"596\d{6}", special=""),
    "262": Plan("262", national=r"\d{9}", mobile=r"(?:639|69[23])\d{6}", fixed=r"26[239]\d{6}", special=""),
}
REROUTED = {
    "590": r"(?:590|69[01])\d{6}",
    "594": r"[56]94\d{6}",
    "596": r"(?:596|69[67])\d{6}",
    "262": r"(?:26[239]|639|69[23])\d{6}",
}
