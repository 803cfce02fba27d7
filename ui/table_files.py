"""What the names of table files end in, for dialogs that choose one and for files that are dropped."""

from __future__ import annotations

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".tab", ".gz", ".parquet", ".xlsx", ".xlsm", ".xls", ".ods")
TABLE_FILTER = f"Tables ({' '.join(f'*{suffix}' for suffix in TABLE_SUFFIXES)});;All files (*)"
