"""The data that come with the program: generated points, and real tables with their source and license."""

from __future__ import annotations

import dataclasses
import importlib.resources
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.declared import replace
from nnstudio.data import generators
from nnstudio.data.detecting.detect import detect
from nnstudio.data.errors import DataError
from nnstudio.data.generators import Generator
from nnstudio.data.reading.read import read_table
from nnstudio.data.recipe import Column, DataRecipe, ImportPlan, SampleSource, listed
from nnstudio.data.table import Categories, ColumnValues, ReadReport, RowNumbers, Table

OWN = "made by NN Studio"
OWN_LICENSE = "no rights reserved"
CC_BY = "CC BY 4.0"


@dataclass(frozen=True)
class Sample:
    """One sample: a generator with its defaults, or the name of a file in ``resources/samples``.

    ``classes`` are the names of a generator's class numbers; a generator without them makes a regression.
    """

    title: str
    description: str
    source: str
    license: str
    kind: Literal["generated", "table"]
    generator: Generator | None = None
    rows: int = 1_000
    noise: float = 0.1
    classes: tuple[str, ...] = ()
    file: str = ""


def _generated(title: str, text: str, make: Generator, noise: float, *classes: str) -> Sample:
    return Sample(title, text, OWN, OWN_LICENSE, "generated", make, noise=noise, classes=classes)


SAMPLES: dict[str, Sample] = {
    "spirals": _generated(
        "Two spirals", "Two arms that wind around each other.", generators.spirals, 0.03, "first", "second"
    ),
    "circles": _generated("Circles", "A ring inside a ring.", generators.circles, 0.1, "outer", "inner"),
    "moons": _generated("Moons", "Two interleaved half moons.", generators.moons, 0.15, "upper", "lower"),
    "xor": _generated("XOR", "Four quadrants: do the signs differ?", generators.xor, 0.05, "same", "different"),
    "clouds": _generated(
        "Two clouds", "Two round clouds that overlap: a line parts most of them.", generators.clouds, 0.5, "no", "yes"
    ),
    "blobs": _generated("Blobs", "Three round clouds.", generators.blobs, 0.35, "first", "second", "third"),
    "plane": _generated("Noisy plane", "A number to predict: y = 2 x1 - x2 + 0.5.", generators.plane, 0.1),
    "sine": _generated("Sine waves", "A number to predict: y = sin(3 x1) cos(3 x2).", generators.sine, 0.05),
    "iris": Sample(
        "Iris",
        "150 flowers of three kinds, by four lengths.",
        "R. A. Fisher, 1936; UCI Machine Learning Repository, doi.org/10.24432/C56C76",
        CC_BY,
        "table",
        file="iris.csv",
    ),
    "wine": Sample(
        "Wine",
        "178 wines of three cultivars, by thirteen measurements.",
        "S. Aeberhard and M. Forina, 1992; UCI Machine Learning Repository, doi.org/10.24432/C5PC7J",
        CC_BY,
        "table",
        file="wine.csv",
    ),
    "breast_cancer": Sample(
        "Breast cancer",
        "569 tumors, benign or malignant, by thirty measurements.",
        "W. Wolberg, O. Mangasarian, N. Street and W. Street, 1993; UCI Machine Learning Repository, "
        "doi.org/10.24432/C5DW2B",
        CC_BY,
        "table",
        file="breast_cancer.csv",
    ),
    "digits": Sample(
        "Digits",
        "1,797 handwritten digits as pictures of 8 × 8 pixels.",
        "E. Alpaydin and C. Kaynak, 1998; UCI Machine Learning Repository, doi.org/10.24432/C50P49",
        CC_BY,
        "table",
        file="digits.csv",
    ),
    "auto_mpg": Sample(
        "Car mileage",
        "A number to predict: how far 398 cars of 1970 to 1982 went on a gallon of fuel.",
        "R. Quinlan, 1993; UCI Machine Learning Repository, doi.org/10.24432/C5859H",
        CC_BY,
        "table",
        file="auto_mpg.csv",
    ),
}
FIRST_SAMPLE = "spirals"


def sample_recipe(name: str, *, rows: int | None = None, noise: float | None = None, seed: int = 0) -> DataRecipe:
    """Return the recipe of a sample, ready to prepare. Rows, noise and seed matter to the generated ones.

    Raises
    ------
    DataError
        When there is no sample of that name.
    SettingError
        When a setting is outside its limits.
    """
    sample = _sample(name)
    source = SampleSource(
        name=name,
        rows=sample.rows if rows is None else rows,
        noise=sample.noise if noise is None else noise,
        seed=seed,
    )
    if sample.kind == "generated":
        target = (
            Column(name="class", kind="category", role="target")
            if sample.classes
            else Column(name="y", kind="number", role="target")
        )
        return DataRecipe(source=source, plan=ImportPlan(columns=(Column(name="x1"), Column(name="x2"), target)))
    with importlib.resources.as_file(_resource(sample)) as path:
        plan = replace(detect(path), notes=())
    return DataRecipe(source=source, plan=plan)


def sample_table(source: SampleSource, plan: ImportPlan) -> Table:
    """Return the table of a sample: the same settings give the same numbers.

    Raises
    ------
    DataError
        When there is no sample of that name, or its file is missing.
    """
    sample = _sample(source.name)
    if sample.generator is None:
        with importlib.resources.as_file(_resource(sample)) as path:
            table = read_table(path, plan)
        rows = RowNumbers()  # from 1: nobody sees the header of a file that comes with the program
        return dataclasses.replace(table, name=sample.title, row_numbers=rows)
    points, values = sample.generator(source.rows, source.noise, np.random.default_rng(source.seed))
    columns: dict[str, ColumnValues] = {
        "x1": np.ascontiguousarray(points[:, 0]),
        "x2": np.ascontiguousarray(points[:, 1]),
    }
    if sample.classes:
        columns["class"] = Categories(values.astype(np.int32), sample.classes)
    else:
        columns["y"] = values
    return Table(sample.title, columns, ReadReport(rows=source.rows))


def _sample(name: str) -> Sample:
    if name not in SAMPLES:
        raise DataError(f"There is no sample {name!r}. The samples are {listed(list(SAMPLES), len(SAMPLES))}.")
    return SAMPLES[name]


def _resource(sample: Sample) -> importlib.resources.abc.Traversable:
    return importlib.resources.files("resources") / "samples" / sample.file
