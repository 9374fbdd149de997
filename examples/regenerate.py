"""Runs the commands that the READMEs of the examples show, and writes their output below them.

    python examples/regenerate.py            # rewrite the READMEs
    python examples/regenerate.py --check    # say what differs and exit 1

In a README, a block fenced as `console` holds command lines that begin with `$ `, each followed by what it prints on
stdout. The commands of one README run in order in a copy of its folder, after one `omnictl run` there. That run makes a
secret of its own: whatever is shown must not depend on it, nor on the age of the exports.

demo-plan/ holds the documents that the tracking plan of `omnictl demo` names. They follow from its definitions alone:
no data is made for them.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import omnictl

EXAMPLES = Path(__file__).parent
DEMO = Path(omnictl.__file__).parent / "demo" / "workspace"
PLAN = "plan"  # the folder of its documents
BLOCK = re.compile(r"(?ms)^```console\n(.*?)^```$")


def regenerated(folder: Path) -> str:
    """The README of an example with the output its commands give now."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".omnictl"))
        _run(copy, "run")
        text = (folder / "README.md").read_text(encoding="utf-8")
        return BLOCK.sub(lambda block: f"```console\n{_session(block[1], copy)}```", text)


def _session(block: str, folder: Path) -> str:
    """The block's commands, each with its output."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "\n".join(f"$ {command}\n{_output(command, folder)}" for command in commands)


def _output(command: str, folder: Path) -> str:
    program, *arguments = shlex.split(command)
    if program != "omnictl":
        raise SystemExit(f"{folder.name}: only omnictl can be shown, not `{command}`")
    done = _run(folder, *arguments)
    return "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


def _run(folder: Path, *arguments: str, plugins: str = "") -> subprocess.CompletedProcess[str]:
    """Run omnictl in a folder, with none of the caller's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OMNICTL_")}
    done = subprocess.run(
        [sys.executable, "-c", "from omnictl.cli.main import main; main()", *arguments],
        cwd=folder,
        env={**kept, "NO_COLOR": "1", "PYTHONUTF8": "1", "OMNICTL_PLUGINS": plugins},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode == 2:
        raise SystemExit(f"{folder.name}: `omnictl {shlex.join(arguments)}` could not run:\n{done.stderr}")
    return done


def plan_of_the_demo(folder: Path, *, checking: bool) -> bool:
    """Write the documents of the demo's tracking plan; or say which of them are stale, and whether any is."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "demo"
        shutil.copytree(DEMO, copy)
        if checking:
            shutil.copytree(folder, copy / PLAN)
        done = _run(copy, "tracking", "plan", "--check" if checking else "--write", plugins="asterisk")
        if checking:
            sys.stdout.writelines(f"{folder.name}: {line}\n" for line in done.stderr.splitlines() if " is " in line)
            return done.returncode != 0
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(copy / PLAN, folder)
        return True


def main(arguments: list[str]) -> int:
    """Regenerate or check every example; 1 when a check finds a difference."""
    if arguments not in ([], ["--check"]):
        raise SystemExit(__doc__)
    differs = False
    for readme in sorted(EXAMPLES.glob("*/README.md")):
        old, new = readme.read_text(encoding="utf-8"), regenerated(readme.parent)
        if old == new:
            continue
        differs = True
        if arguments:
            shown = str(readme.relative_to(EXAMPLES.parent))
            lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), shown, f"{shown} regenerated")
            sys.stdout.writelines(lines)
        else:
            readme.write_text(new, encoding="utf-8")
    differs |= plan_of_the_demo(EXAMPLES / "demo-plan", checking=bool(arguments))
    return 1 if differs and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
