"""A block of the ledger's numbers as text for other programs: a table, and a matrix in LaTeX."""

from __future__ import annotations

import numpy as np

from nnstudio.ledger import Values

MOST_MATRIX = 10  # rows and columns of a matrix in LaTeX
DIGITS = 4


def tab_separated(values: Values) -> str:
    """Return the numbers with all their digits, rows on lines of their own, a tab between columns."""
    return "\n".join("\t".join(repr(value) for value in row) for row in values.tolist())


def matrix_latex(values: Values) -> str:
    r"""Return a ``bmatrix`` of at most ten rows and columns, with dots where there are more."""
    rows, columns = values.shape
    lines = []
    for row in values[:MOST_MATRIX].tolist():
        cells = [_cell(value) for value in row[:MOST_MATRIX]] + ([r"\cdots"] if columns > MOST_MATRIX else [])
        lines.append(" & ".join(cells))
    if rows > MOST_MATRIX:
        cells = [r"\vdots"] * min(columns, MOST_MATRIX) + ([r"\ddots"] if columns > MOST_MATRIX else [])
        lines.append(" & ".join(cells))
    return "\\begin{bmatrix}\n" + " \\\\\n".join(lines) + "\n\\end{bmatrix}"


def _cell(value: float) -> str:
    if not np.isfinite(value):
        return r"\text{?}" if np.isnan(value) else (r"\infty" if value > 0 else r"-\infty")
    mantissa, mark, exponent = f"{value:.{DIGITS}g}".partition("e")
    return rf"{mantissa}\cdot 10^{{{int(exponent)}}}" if mark else mantissa
