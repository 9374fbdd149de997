"""One table with every awkward value, for all that writes tables."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from omnictl.render import Col, Table

MOMENT = datetime(2026, 1, 1, 9, 0, 0, 5)


def ends(first: object, plain: object, last: object) -> tuple[object, ...]:
    """A row of which only the text columns and the one without unit are filled."""
    return (first, *(None,) * 6, plain, *(None,) * 3, last)


AWKWARD = Table(
    columns=[
        Col("text"),
        Col("rate", "ratio", "Taux d'abandon | file"),
        Col("contacts", "count"),
        Col("wait", "seconds"),
        Col("cost", "eur"),
        Col("csat", "score"),
        Col("nps", "index"),
        Col("plain"),
        Col("started_at", "UTC"),
        Col("day"),
        Col("nested"),
        Col("text"),
    ],
    rows=[
        (
            "plain",
            0.7834999999999999,
            41208,
            Decimal("253.450"),
            Decimal("12.405"),
            4.305,
            Decimal("-32.45"),
            2026,
            datetime(2026, 3, 29, 0, 30),
            date(2026, 3, 29),
            [1, Decimal("2.50"), {"clé": None}],
            True,
        ),
        (None,) * 12,
        ("", Decimal("-0.0004"), 0, 0.0, Decimal("-1234.5"), 0, -0.04, -7, MOMENT, None, [], False),
        (
            "=HYPERLINK(1)",
            1,
            -1,
            1e-7,
            0,
            10**21,
            Decimal("1E+3"),
            1.5e300,
            MOMENT.replace(tzinfo=UTC),
            time(9, 5),
            {},
            "",
        ),
        ("+33612", 0.0005, Decimal("1.5"), None, None, None, None, float("inf"), None, None, None, "-"),
        ends("-1+cmd", float("nan"), "@x"),
        ends("\tTab", Decimal("0.1"), "\rreturn"),
        ends('quote " comma , semi ;', 10**30, "a|b\\|c `d` *e* [f](g)"),
        ends("two\nlines", b"\x00\xff", "carriage\r\nreturn"),
        ends("\x1b[31mred\x1b[0m\x07", None, "\u202egnp.exe\u2066"),
        ends("<script>&amp;", timedelta(hours=-1), uuid.UUID(int=7)),
        ends("é ü œ 数 🙂 ＝", "007", "\u2028\ufeff\x85"),
    ],
)
