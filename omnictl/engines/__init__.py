"""DuckDB and the store: connections, the two files, and the one writer."""
