"""Connectors: how the export files of other tools are read. They know formats; what the columns mean is ingest's.

What the author of a connector needs is exported here.
"""

from __future__ import annotations

from omnictl.connectors.contract import (
    Connector,
    Csv,
    Excel,
    File,
    Json,
    JsonLines,
    Option,
    Options,
    Parquet,
    Reads,
    RecordPlace,
    Rejected,
    Sqlite,
)
from omnictl.connectors.durations import seconds

__all__ = [
    "Connector",
    "Csv",
    "Excel",
    "File",
    "Json",
    "JsonLines",
    "Option",
    "Options",
    "Parquet",
    "Reads",
    "RecordPlace",
    "Rejected",
    "Sqlite",
    "seconds",
]
