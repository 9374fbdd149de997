"""git, asked and never told: nothing is written, fetched or run by it, no text of anybody's is taken for an option, and
no shell stands between."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from omnictl.errors import OmnictlError

SECONDS = 60
REVISIONS = "a branch, a tag, a commit such as HEAD~1 or origin/main; `kpi diff` takes a folder too"
DEEPER = "this clone is shallow: `git fetch --unshallow`, in GitHub Actions `fetch-depth: 0`"

_NAME = re.compile(r"(?!-)[^\s\x00-\x1f\x7f]{1,200}\Z")
_QUIET = {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def told(folder: Path, *arguments: str) -> str:
    """What git says of the repository of a folder, without the end of its last line; see `answered`."""
    return os.fsdecode(answered(folder, *arguments)).removesuffix("\n")


def answered(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git writes.

    Raises:
        OmnictlError: git is missing, refuses, or takes too long.
    """
    done = _asked(folder, *arguments, given=given)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise OmnictlError(f"git: {said[0] if said else 'refused'}", hint="this works inside of a git repository")
    return done.stdout


def commit_of(folder: Path, name: str) -> str:
    """The full hash of a revision.

    Raises:
        OmnictlError: there is none of this name, or as for `answered`.
    """
    told(folder, "rev-parse", "--show-toplevel")  # says when there is no repository at all
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    done = _asked(folder, *asked) if _NAME.match(name) else None
    if done is None or done.returncode:
        raise OmnictlError(f"git knows no revision `{name}`", hint=DEEPER if _shallow(folder) else REVISIONS)
    return done.stdout.decode("ascii", "replace").strip()


def left(folder: Path, name: str) -> str:
    """The commit at which the branch at hand left a revision.

    Raises:
        OmnictlError: the two have none in common, or as for `commit_of`.
    """
    done = _asked(folder, "merge-base", commit_of(folder, name), "HEAD")
    if done.returncode:
        hint = DEEPER if _shallow(folder) else "it must have a commit in common with HEAD"
        raise OmnictlError(f"`{name}` and HEAD share no history", hint=hint)
    return done.stdout.decode("ascii", "replace").strip()


def _shallow(folder: Path) -> bool:
    return _asked(folder, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _asked(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), "--no-pager", *arguments]
    try:
        return subprocess.run(
            command, input=given, capture_output=True, check=False, env=os.environ | _QUIET, timeout=SECONDS
        )
    except FileNotFoundError:
        raise OmnictlError("git is not installed", hint="install git; `kpi diff` compares folders without it") from None
    except subprocess.TimeoutExpired:
        raise OmnictlError(f"git {arguments[0]} took longer than {SECONDS} s") from None
    except ValueError as error:  # a text with a NUL
        raise OmnictlError(f"git cannot be asked: {error}") from None
