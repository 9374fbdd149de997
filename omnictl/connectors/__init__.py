"""Connectors: how the export files of other tools are read. They know formats; what the columns mean is ingest's."""
