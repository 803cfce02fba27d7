"""Reads a file into a :class:`~nnstudio.data.table.Table`: text, Parquet or workbook, every cell right or told of."""
