"""Funnels by brute force: every way of choosing rows for the steps is tried, sentence by sentence of the definition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omnictl.journeys.funnel.rules import LATER, Rules

GRAVITY = {"remove": 0, "drop": 1, "restart": 2}


@dataclass(frozen=True)
class Row:
    minute: int
    letter: str
    number: int
    enters: bool


@dataclass
class Attempt:
    """When it began, and by step when it was done; what an exclusion made of it."""

    begun: int
    at: dict[int, int]
    ended: int | None = None  # of order strict: when the row came that broke it
    effect: str = ""
    struck: int | None = None


@dataclass(frozen=True)
class Brute:
    """One unit's rows under some rules. Minutes; a grace and a window per step are minutes too."""

    rules: Rules
    steps: Sequence[str]
    gone: Sequence[str]
    window: int
    rows: list[Row]

    @classmethod
    def of(cls, text: str, rules: Rules, steps: Sequence[str], gone: Sequence[str], window: int) -> Brute:
        rows = [
            Row(int(each[1:]), each[0].upper(), number, each[0].isupper()) for number, each in enumerate(text.split())
        ]
        return cls(rules, steps, gone, window, rows)

    def can(self, row: Row, step: int) -> bool:
        return row.letter in self.steps[step - 1]

    def in_time(self, before: int, minute: int) -> bool:
        ties = self.rules.ties
        return minute > before if ties == LATER else minute >= before - ties // 60_000

    def rank(self, row: Row) -> tuple[int, int, int, int]:
        """Rows at one instant stand in the order of the steps."""
        can = [step for step in self.rules.numbers if self.can(row, step)]
        return row.minute, min(can, default=99), max(can, default=0), row.number

    @property
    def step_window(self) -> int | None:
        return None if self.rules.step_window is None else self.rules.step_window // 60_000

    # attempts

    def attempts(self) -> list[Attempt]:
        first = self.rules.blocks[0]
        begins = sorted(
            (row for row in self.rows if row.enters and any(self.can(row, step) for step in first)),
            key=self.rank,
        )
        if self.rules.entry == "first" and self.rules.restarts:
            return list(self.restarted(begins))
        return [self.judged(row) for row in (begins[:1] if self.rules.entry == "first" else begins)]

    def restarted(self, begins: list[Row]) -> Iterator[Attempt]:
        while begins:
            found = self.judged(begins[0])
            yield found
            if found.effect != "restart" or found.struck is None:
                return
            begins = [row for row in begins if row.minute >= (found.struck or 0)]

    def judged(self, row: Row) -> Attempt:
        order = self.rules.order
        found = self.strict(row) if order == "strict" else self.any(row) if order == "any" else self.ordered(row)
        self.strike(found)
        return found

    def ordered(self, row: Row) -> Attempt:
        best: dict[int, tuple[int, ...]] = {}
        required = self.rules.required
        window = self.step_window

        def try_(done: list[Row]) -> None:
            times = tuple(each.minute for each in done)
            if len(done) not in best or times[-1] < best[len(done)][-1]:
                best[len(done)] = times
            if len(done) == len(required):
                return
            for other in self.rows:
                limit = row.minute + self.window if window is None else times[-1] + window
                fits = other not in done and self.can(other, required[len(done)]) and other.minute <= limit
                if fits and self.in_time(times[-1], other.minute):
                    try_([*done, other])

        for other in self.rows:  # attempts that begin at one instant are walked alike
            if other.minute == row.minute and other.enters and self.can(other, 1):
                try_([other])
        furthest = max(best)
        if window is not None:  # one way through, whose steps are known by where it ends
            return Attempt(row.minute, {1: row.minute, required[furthest - 1]: best[furthest][-1]})
        found = Attempt(row.minute, {required[count - 1]: best[count][-1] for count in best})
        for step in sorted(self.rules.optional):
            self.leave_out(found, step)
        return found

    def leave_out(self, found: Attempt, step: int) -> None:
        """Do an optional step, where it fits between those around it."""
        before = max(each for each in self.rules.required if each < step)
        after = min(each for each in self.rules.required if each > step)
        if before not in found.at:
            return
        since = max(minute for each, minute in found.at.items() if before <= each < step)
        fits = [
            row.minute
            for row in self.rows
            if self.can(row, step) and self.in_time(since, row.minute) and row.minute <= found.begun + self.window
            and (after not in found.at or self.in_time(row.minute, found.at[after]))
        ]  # fmt: skip
        if fits:
            found.at[step] = min(fits)

    def strict(self, row: Row) -> Attempt:
        stream = sorted(self.rows, key=self.rank)
        place = stream.index(row)
        found = Attempt(row.minute, {1: row.minute})
        since = row.minute
        for step in self.rules.numbers[1:]:
            following = stream[place + 1] if place + 1 < len(stream) else None
            window = self.step_window
            fits = following is not None and self.can(following, step)
            fits = fits and following is not None and not (self.rules.ties == LATER and following.minute <= since)
            limit = row.minute + self.window if window is None else since + window
            if fits and following is not None and following.minute <= limit:
                place, since = place + 1, following.minute
                found.at[step] = since
            elif step in self.rules.required:
                break
        found.ended = stream[place + 1].minute if place + 1 < len(stream) else None
        return found

    def any(self, row: Row) -> Attempt:
        found = Attempt(row.minute, {})
        since = row.minute
        for number, block in enumerate(self.rules.blocks):
            for step in block:
                fits = [
                    each.minute
                    for each in self.rows
                    if self.can(each, step) and each.minute <= row.minute + self.window
                    and (each.minute >= since if number == 0 else self.in_time(since, each.minute))
                ]  # fmt: skip
                if number == 0 and len(block) == 1:
                    fits = [row.minute]
                if fits:
                    found.at[step] = min(fits)
            if not all(step in found.at for step in block):
                break
            since = max(found.at[step] for step in block)
        return found

    # exclusions and figures

    def strike(self, found: Attempt) -> None:
        hits = []
        for number, each in enumerate(self.rules.exclusions):
            anywhere = self.rules.order == "any"
            began = found.begun if anywhere else found.at.get(each.first)
            if began is None:
                continue
            whole = all(step in found.at for step in self.rules.numbers)
            ended = (max(found.at.values()) if whole else None) if anywhere else found.at.get(each.last)
            limit = found.begun + self.window if self.step_window is None else 10**9
            if found.ended is not None:
                limit = min(limit, found.ended)
            for row in self.rows:
                inside = row.minute > began and (row.minute < ended if ended is not None else row.minute <= limit)
                if row.letter in self.gone[number] and inside:
                    hits.append((row.minute, GRAVITY[each.effect], each.effect))
        if hits:
            found.struck, _, found.effect = min(hits)
            found.at = {step: minute for step, minute in found.at.items() if minute <= found.struck}

    def reached(self, found: Attempt) -> int:
        if self.rules.order == "any":
            return len(found.at)
        return max(step for step in found.at if step in self.rules.required)

    def outcomes(self, watermark: int | None) -> list[tuple[int, int, dict[int, int]]]:
        """By attempt that is counted: 0 judged, 1 taken out, 2 not over; the furthest step; when each was done."""
        ranked = []
        per_step = self.step_window
        length = self.window if per_step is None else per_step * (self.rules.steps - 1)
        for number, each in enumerate(self.attempts()):
            over = watermark is None or each.begun + length <= watermark
            fate = 2 if not over else 1 if each.effect == "remove" else 0
            reached = self.reached(each)
            best = -reached if self.rules.represents == "furthest" else int(reached < self.rules.steps)
            ranked.append(((fate, best, each.begun, number), (fate, reached, each.at)))
        ranked.sort(key=lambda each: each[0])
        return [each for _, each in (ranked if self.rules.entry == "every" else ranked[:1])]
