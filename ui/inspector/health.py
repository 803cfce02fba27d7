"""What a layer's figures say about its health, as sentences with a grade; pure functions."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from engine.snapshot import LayerDetail
from nnstudio import numbers

Grade = Literal["ok", "warn", "bad"]

SATURATED_WARN, SATURATED_BAD = 0.25, 0.75  # shares of the units
SMALL_GRADIENT = 1e-6  # of the weights' norm: learning hardly moves them
LARGE_GRADIENT = 10.0  # of the weights' norm: a step may throw them about


class Finding(NamedTuple):
    """One sentence and its grade."""

    grade: Grade
    sentence: str


FROZEN = Finding("ok", "frozen: training leaves its parameters as they are")


def findings(detail: LayerDetail, level: int, *, fused: bool = False) -> list[Finding]:
    """Return what can be said of a layer from its latest figures.

    ``fused`` says that the layer is an output with dZ = A - Y: its units may saturate and learn all the same.
    """
    found: list[Finding] = []
    weights, gradient = detail.norms.get(f"W[{level}]"), detail.norms.get(f"dW[{level}]")
    broken = [symbol for symbol, norm in detail.norms.items() if not math.isfinite(norm)]
    if broken:
        return [Finding("bad", f"{', '.join(broken)} not finite: lower the learning rate")]
    if detail.z_histogram is not None and detail.units and not fused:
        share = detail.saturated / detail.units
        grade: Grade = "bad" if share >= SATURATED_BAD else "warn" if share >= SATURATED_WARN else "ok"
        found.append(
            Finding(grade, f"{numbers.count(detail.saturated)} of {numbers.plural(detail.units, 'unit')} saturated")
        )
    if weights is not None and gradient is not None:
        found.append(_gradient(weights, gradient))
    return found


def _gradient(weights: float, gradient: float) -> Finding:
    if gradient == 0.0:
        return Finding("warn", "dW is zero: these weights do not learn now")
    if weights == 0.0:
        return Finding("warn", "weights are all zero")
    ratio = gradient / weights
    text = f"gradient / weight {numbers.number(ratio, 2)}"
    if ratio < SMALL_GRADIENT:
        return Finding("warn", f"{text}: vanishing")
    if ratio > LARGE_GRADIENT:
        return Finding("warn", f"{text}: large steps")
    return Finding("ok", text)
