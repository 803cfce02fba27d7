"""``nnstudio predict``: a table in, the same table with predictions out."""

from __future__ import annotations

import argparse
from pathlib import Path

from nnstudio.cli.output import MistakeError, check_writable, note
from nnstudio.data import plural
from nnstudio.predicting import predict_table, write_csv
from nnstudio.project_file import open_project

_WHAT = {"project": "project", "table": "table", "out": "file to write, --out,"}


def predict(options: argparse.Namespace) -> int:
    """Predict what the options say, and return the exit code."""
    out: Path = options.out
    for name in ("project", "table", "out"):
        if getattr(options, name) == Path():  # what an empty argument becomes
            raise MistakeError(f"The name of the {_WHAT[name]} is empty or the folder this is in. Give a file.")
    for path in (options.project, options.table):
        if out.exists() and path.exists() and out.samefile(path):
            raise MistakeError(f"--out {out} is also what is read. Give another file name.")
    check_writable(out)
    predicted = predict_table(open_project(options.project), options.project, options.table)
    for text in predicted.notes:
        note(text)
    try:
        write_csv(out, predicted)
    except OSError as error:
        raise MistakeError(f"{out} was not written: {error.strerror or error}. Choose another place.") from None
    print(f"{predicted.predicted:,} of {plural(len(predicted.cells), 'row')} predicted, written to {out}.")
    return 0
