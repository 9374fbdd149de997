"""The options by which identifiers are given in the clear."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omnictl.errors import OmnictlError

if TYPE_CHECKING:
    from omnictl.cli.base import Session
    from omnictl.erasure.given import Given

FREE = ("phone", "email")  # kinds whose spelling is normalised


def values_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Values as arguments, in a file, or on stdin."""
    options = [
        click.argument("values", nargs=-1, metavar="[KIND=VALUE]..."),
        click.option(
            "--values", "listed", metavar="FILE|-", help="One value per line, from a file or stdin (-): it keeps them "
            "out of the shell's history.",
        ),
        click.option("--kind", metavar="KIND", help="The kind of all values; they are then written without it."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def given_values(session: Session, values: tuple[str, ...], listed: str | None, kind: str | None) -> list[Given]:
    """What was given, in the order it was; says where a value has a blank that counts.

    Raises:
        OmnictlError: a value is not written KIND=VALUE, there is none, or the list cannot be read.
    """
    from omnictl.erasure.given import read_given

    lines: list[str] = []
    if listed is not None:
        try:
            text = _stdin() if listed == "-" else Path(listed).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise OmnictlError(f"the values of --values {listed} cannot be read: {reason}") from error
        lines = text.split("\n")
    given = read_given(values, lines, kind)
    blank = [each.place for each in given if each.kind not in FREE and each.raw != each.raw.strip()]
    if blank:
        more = f" and {len(blank) - 1:,} more" if len(blank) > 1 else ""
        session.say(f"note: {blank[0]}{more}: the value begins or ends with a blank, which counts")
    return given


def _stdin() -> str:
    raw = getattr(sys.stdin, "buffer", None)  # not what the locale makes of it: a BOM, and bytes that are no text
    return sys.stdin.read().removeprefix("\ufeff") if raw is None else raw.read().decode("utf-8-sig")
