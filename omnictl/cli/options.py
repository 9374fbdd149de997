"""Kinds of values that options of several commands take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from omnictl.places import duration

FIRST_YEAR, LAST_YEAR = 1900, 2200  # of a time that is named: wider than any data, and no arithmetic ends there
Given = Callable[[Callable[..., Any]], Callable[..., Any]]  # a decorator that gives a command options


class Names(click.ParamType[tuple[str, ...]]):
    """Names separated by commas."""

    name = "names"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        return tuple(name.strip() for name in str(value).split(",") if name.strip())


class Choices(Names):
    """Names separated by commas, each one of a few."""

    def __init__(self, among: tuple[str, ...]) -> None:
        self.among = among

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        names = super().convert(value, param, ctx)
        for name in names:
            if name not in self.among:
                self.fail(f"`{name}` is none of {', '.join(self.among)}", param, ctx)
        return names


class Setting(click.ParamType[tuple[str, str]]):
    """A name and its value: NAME=VALUE."""

    name = "setting"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not (name.strip() and equals and text.strip()):
            self.fail(f"`{value}` is not written NAME=VALUE, such as answer_threshold=30s", param, ctx)
        return name.strip(), text.strip()


class Duration(click.ParamType[float]):
    """A duration with its unit, as seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = duration(str(value))
        if found is None:
            self.fail(f"`{value}` is not a duration such as 30 s, 10min or 1 h", param, ctx)
        return found.total_seconds()


class Instant(click.DateTime):
    """A day or a time that calendars and zones can be asked about: a day before and after it must exist."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        found: datetime = super().convert(value, param, ctx)
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            self.fail(f"`{value}` lies outside of the years {FIRST_YEAR} to {LAST_YEAR}", param, ctx)
        return found


class Limit(click.ParamType[int]):
    """A number of rows, `least` or more, or `all`; -1 stands for all."""

    name = "rows"

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if value == "all":
            return -1
        text = str(value)
        if not text.isascii() or not text.isdigit() or int(text) < self.least:
            self.fail(f"`{value}` is not a number of rows, nor `all`", param, ctx)
        return int(text)


def timeout_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--timeout`: how long an answer may take."""
    return click.option(
        "--timeout",
        type=Duration(),
        default="30 s",
        metavar="DURATION",
        help="Give up when the answer takes longer; default: 30 s.",
    )(command)
