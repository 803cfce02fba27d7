"""What folds came to, as words and as a small table: the same on the command line and in the window."""

from __future__ import annotations

from nnstudio.data import plural
from nnstudio.data.recipe import listed
from nnstudio.evaluating import Evaluation
from nnstudio.figures import PERCENT, title_of

NOT_KNOWN = "–"
LEAST_TITLE = 24  # characters of the column of names
FIRST = {"binary": "accuracy", "multiclass": "accuracy", "regression": "r2"}  # the figure told first


def figure(name: str, value: float | None) -> str:
    """Return one figure as text."""
    if value is None:
        return NOT_KNOWN
    return f"{value:.1%}" if name in PERCENT else f"{value:.4g}"


def lines(found: Evaluation) -> list[str]:
    """Return the figures as a small table for people, and what is to be known of the folds."""
    width = max(LEAST_TITLE, *(len(title_of(name)) + 2 for name in found.figures))
    made = [f"{'':{width}}{'mean':>12}{'spread':>12}{'least':>12}{'greatest':>12}"]
    for name, spread in found.figures.items():
        known = spread.known
        shown = (spread.mean, spread.deviation, min(known, default=None), max(known, default=None))
        lacking = len(spread.values) - len(known)
        end = f"  (unknown in {plural(lacking, 'fold')})" if lacking else ""
        made.append(f"{title_of(name):{width}}" + "".join(f"{figure(name, value):>12}" for value in shown) + end)
    return [*made, *remarks(found)]


def remarks(found: Evaluation) -> list[str]:
    """Return in sentences how large the folds are, in what unit errors are, and which fold diverged."""
    judged = [fold.judged for fold in found.folds]
    rows = f"{min(judged):,}" if min(judged) == max(judged) else f"{min(judged):,} to {max(judged):,}"
    said = [
        f"{plural(len(found.folds), 'fold')} of {rows} rows, {found.target!r}; spread is the standard deviation over "
        "the folds."
    ]
    if found.logged:
        said.append(f"Cost and R² are over the logarithm of {listed(found.logged)}, which the network learns.")
    for number, fold in enumerate(found.folds, start=1):
        if fold.stopped == "diverged":
            said.append(f"Fold {number} diverged: {fold.message}")
    return said


def verdict(found: Evaluation) -> str:
    """Return the figure that is told first, in one sentence."""
    name = FIRST[found.task]
    spread = found.figures[name]
    title = title_of(name)
    if spread.mean is None:
        return f"The {title} is not known on any fold."
    mean = figure(name, spread.mean) if name in PERCENT else f"{spread.mean:.3g}"
    apart = ""
    if spread.deviation is not None:
        apart = f" ± {figure(name, spread.deviation) if name in PERCENT else f'{spread.deviation:.2g}'}"
    return f"{title[0].upper()}{title[1:]} {mean}{apart} over {plural(len(found.folds), 'fold')}."
