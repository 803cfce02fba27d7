"""Tables: how a file is read, and the arrays a network trains on. ``docs/data.md`` shows the flow."""

from nnstudio.data.detect import detect
from nnstudio.data.encoding import ENCODING_TITLES
from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.fitting import FittedColumn, FittedPreparation, FittedTarget
from nnstudio.data.predict import Applied, apply, check_columns, dialect_for, read_for_prediction
from nnstudio.data.prepare import (
    PreparedData,
    check_recipe,
    load_table,
    prepare,
    prepare_table,
    propose_task,
    table_source,
)
from nnstudio.data.preview import Preview, PreviewColumn, preview, proposed_task, rows_left
from nnstudio.data.read import read_cells, read_table
from nnstudio.data.recipe import (
    MISSING_MARKS,
    Column,
    DataRecipe,
    Dialect,
    ImportPlan,
    Preparation,
    SampleSource,
    Source,
    TableSource,
    Task,
    one_line,
    plural,
    with_column,
    with_target,
)
from nnstudio.data.report import BadCell, PreparationReport
from nnstudio.data.samples import FIRST_SAMPLE, SAMPLES, Sample, sample_recipe
from nnstudio.data.split import Split, split_sizes
from nnstudio.data.stored import (
    PreparedRecord,
    from_arrays,
    raw,
    raw_target,
    scaled,
    scaled_target,
    to_arrays,
    to_record,
)
from nnstudio.data.table import Categories, ReadReport, Table, Unreadable

__all__ = [
    "ENCODING_TITLES",
    "FIRST_SAMPLE",
    "MISSING_MARKS",
    "SAMPLES",
    "Applied",
    "BadCell",
    "Cancelled",
    "Categories",
    "Column",
    "DataError",
    "DataRecipe",
    "Dialect",
    "FittedColumn",
    "FittedPreparation",
    "FittedTarget",
    "ImportPlan",
    "Preparation",
    "PreparationReport",
    "PreparedData",
    "PreparedRecord",
    "Preview",
    "PreviewColumn",
    "ReadReport",
    "Sample",
    "SampleSource",
    "Source",
    "Split",
    "Table",
    "TableSource",
    "Task",
    "Unreadable",
    "apply",
    "check_columns",
    "check_recipe",
    "detect",
    "dialect_for",
    "from_arrays",
    "load_table",
    "one_line",
    "plural",
    "prepare",
    "prepare_table",
    "preview",
    "propose_task",
    "proposed_task",
    "raw",
    "raw_target",
    "read_cells",
    "read_for_prediction",
    "read_table",
    "rows_left",
    "sample_recipe",
    "scaled",
    "scaled_target",
    "split_sizes",
    "table_source",
    "to_arrays",
    "to_record",
    "with_column",
    "with_target",
]
