"""``nnstudio predict``: a table in, the same table with predictions out."""

from __future__ import annotations

import argparse
from pathlib import Path

from nnstudio.cli.output import MistakeError, note
from nnstudio.predicting import predict_table, write_csv
from nnstudio.project_file import open_project


def predict(options: argparse.Namespace) -> int:
    """Predict what the options say, and return the exit code."""
    out: Path = options.out
    for path in (options.project, options.table):
        if out.exists() and path.exists() and out.samefile(path):
            raise MistakeError(f"--out {out} is also what is read. Give another file name.")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise MistakeError(f"--out {out} is a folder, or in one that does not exist. Give a file name.")
    predicted = predict_table(open_project(options.project), options.project, options.table)
    for text in predicted.notes:
        note(text)
    try:
        write_csv(out, predicted)
    except OSError as error:
        raise MistakeError(f"{out} was not written: {error.strerror or error}. Choose another place.") from None
    print(f"{predicted.predicted:,} of {len(predicted.cells):,} rows predicted, written to {out}.")
    return 0
