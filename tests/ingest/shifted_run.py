"""`omnictl` under a clock that is wrong: `python shifted_run.py SECONDS ARGUMENT…`. Nothing is imported before."""

from __future__ import annotations

import datetime
import sys
import time
from typing import Any

SHIFT_S = float(sys.argv[1])
right = datetime.datetime
right_time = time.time


class Kind(type):
    """Times made elsewhere are times too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, right)


class Shifted(right, metaclass=Kind):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return right.now(tz) + datetime.timedelta(seconds=SHIFT_S)


datetime.datetime = Shifted  # type: ignore[misc]
time.time = lambda: right_time() + SHIFT_S

from omnictl.cli.main import main  # noqa: E402

sys.argv = ["omnictl", *sys.argv[2:]]
main()
