"""The demo: one year of a French insurer, written as the export files its tools would give.

`build_demo` writes a workspace; nothing here reads one. The path is: `calendar` (days, storm, holidays) and
`catalogue` (what customers want, and how each tool calls it) feed `world`, which draws who contacted whom, when and
with what outcome; each module of `exports/` turns its part of that world into the files of one tool, with the faults
such files have.
"""

from omnictl.demo.build import DemoSummary, build_demo

__all__ = ["DemoSummary", "build_demo"]
