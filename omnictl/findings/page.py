"""What there is to know about one finding."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A code explained.

    Attributes:
        stands_in: where the example stands: `omnictl.yml`, `referential.yml`, `tracking.yml`, `columns` (of a source),
            `kpi` (keys of a KPI's definition), `shell` (a command), or '' when the example is told in words.
        means: what is wrong, and why it is refused.
        example: what raises it.
        mend: what to do.
    """

    code: str
    stands_in: str
    means: str
    example: str
    mend: str
