"""What one plan asks otherwise than another, and whether its versions say so."""

from omnictl.tracking.changes.compare import Change, changes
from omnictl.tracking.changes.told import findings_of, markdown_of, rows_of
from omnictl.tracking.changes.versions import version_faults

__all__ = ["Change", "changes", "findings_of", "markdown_of", "rows_of", "version_faults"]
