"""The task that targets suggest: classes, or a number to predict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.data.recipe import Task
from nnstudio.data.table import Categories, ColumnValues

MOST_CLASS_NUMBERS = 10  # a number target with more values is proposed as regression
LEAST_ROWS_A_CLASS = 5  # on average, before whole numbers are proposed as classes


def propose_task(values: ColumnValues) -> Task:
    """Return the task that a target suggests: classes for text and for few whole numbers, else regression."""
    known = values[~np.isnan(values)] if not isinstance(values, Categories) else values.codes[values.codes >= 0]
    distinct = np.unique(known)
    if isinstance(values, Categories) or len(distinct) == 2:
        return "binary" if len(distinct) <= 2 else "multiclass"
    whole = bool(np.all(distinct == np.floor(distinct)))
    few = len(distinct) <= MOST_CLASS_NUMBERS and len(known) >= LEAST_ROWS_A_CLASS * len(distinct)
    return "multiclass" if whole and few and len(distinct) > 2 else "regression"


def propose_tasks(values: Sequence[ColumnValues]) -> Task:
    """Return the task that targets suggest together: several are yes/no each where all are, else numbers."""
    if len(values) == 1:
        return propose_task(values[0])
    if all(propose_task(column) == "binary" for column in values):
        return "binary"
    return "multiclass" if any(isinstance(column, Categories) for column in values) else "regression"
