"""A new workspace: its files, and sources drafted from export files.

`new_workspace` writes files that did not exist and nothing else; `guesses` looks at names and values of columns.
"""

from omnictl.draft.folder import NewWorkspace, new_workspace

__all__ = ["NewWorkspace", "new_workspace"]
