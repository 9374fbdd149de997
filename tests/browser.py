"""A real browser: Chromium without a window, spoken to over a pipe in its own protocol (Chrome DevTools).

Pages are opened from files. What a page asks the network for, and what its console says, is kept.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 30.0  # seconds for one answer
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # which does not run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
)
# The browser reads what is asked from descriptor 3 and answers on 4, whatever their numbers are here.
_BEGIN = """
import fcntl, os, sys
asked, answered = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(asked, 3)
os.dup2(answered, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def browser_path() -> str | None:
    """Where a browser is; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Tab:
    """One page of a browser.

    Attributes:
        requests: the addresses asked for since it was opened.
        said: errors and warnings of the page, of the console and of its policy.
    """

    _asked: int
    _answers: int
    _session: str = ""
    _number: int = 0
    _rest: bytes = b""
    _events: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def open(self, file: Path, *, width: int, dark: bool = False, paper: bool = False) -> None:
        """Show a file as wide as said, and wait until it is there."""
        self.requests.clear()
        self.said.clear()
        size = {"width": width, "height": 740, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media="print" if paper else "", features=[scheme])
        self.call("Page.navigate", url=file.as_uri())
        self._wait(lambda message: message.get("method") == "Page.loadEventFired")

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript on the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something and wait for its answer."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._asked, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda each: each.get("id") == number)
        assert "error" not in answer, (method, answer["error"])
        return dict(answer["result"])

    def begin(self) -> None:
        """Open an empty page and listen to it."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _wait(self, wanted: Any) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while True:
            for position, message in enumerate(self._events):
                if wanted(message):
                    del self._events[: position + 1]
                    return message
            self._events.clear()
            ready, _, _ = select.select([self._answers], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            self._read()

    def _read(self) -> None:
        found = os.read(self._answers, 1 << 20)
        assert found, "the browser is gone"
        *whole, self._rest = (self._rest + found).split(b"\0")
        for each in whole:
            message = json.loads(each)
            self._note(message.get("method", ""), message.get("params", {}))
            self._events.append(message)

    def _note(self, method: str, told: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Log.entryAdded":
            self.said.append(told["entry"]["text"])
        elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Page.javascriptDialogOpening"):
            self.said.append(json.dumps(told))


@contextmanager
def browsing(folder: Path) -> Iterator[Tab]:
    """A browser with one page, whose profile lies in a folder; it is gone afterwards."""
    path = browser_path()
    assert path is not None
    theirs_in, asked = os.pipe()
    answers, theirs_out = os.pipe()
    line = [sys.executable, "-c", _BEGIN, str(theirs_in), str(theirs_out), path, *FLAGS, f"--user-data-dir={folder}"]
    process = subprocess.Popen(
        line, pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(theirs_in)
    os.close(theirs_out)
    tab = Tab(asked, answers)
    try:
        tab.begin()
        yield tab
    finally:
        os.close(asked)  # at which it ends
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(answers)
