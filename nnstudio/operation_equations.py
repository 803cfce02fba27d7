"""The equation of one operation in the notes' symbols, from what the program says of the calls that make it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.emit import Description

# A quantity that a formula of the program names without its layer.
_BARE = re.compile(r"(?<![\w\[])(dA|dZ|dγ|dβ|Z|A_in|A|D|γ|β|μ|σ²|X̂|c)(?![A-Za-z0-9_\[({'′\u0302₀₁]|_in)")
_READ_BY_ACTIVATION = re.compile(r"^(Z|A)\[\d+\]$|^X$")


def equation_of(calls: Sequence[Description]) -> str:
    """Return the equation of an operation made of these calls, for example ``A[2] = σ(Z[2])``.

    Where the share of one reader is added to that of others it is written as ``dA[1] := dA[1] + …``.
    """
    target = written(calls[-1].writes)
    if target.startswith("dTheta"):
        level, source = calls[-1].level, calls[-1].reads[0][4:-1]
        return f"dW[{level}] = dZ[{level}] {source}ᵀ, db[{level}] = Σ dZ[{level}]"
    right = right_of(calls)
    target = target.replace("gamma", "γ").replace("beta", "β")
    return f"{target} := {target} + {right}" if is_sum(calls) else f"{target} = {right}"


def right_of(calls: Sequence[Description]) -> str:
    """Return what stands right of the sign of equality: of a sum over readers, the last reader's share."""
    target = written(calls[-1].writes)
    calls = list(calls)[: -1 if is_sum(calls) else None]
    last = calls[-1]
    special = _normalization(calls) or _merge(calls) or _affine(last)
    if special:
        return special
    level = last.level
    if last.formula.startswith(("dA := ", "dZ := ")):
        return f"c[{level}] ∗ ({right_of(calls[:-1])})"
    if last.formula.startswith("1 / Σ c"):
        return f"1 / Σ c[{level}]"
    if last.formula.startswith("c = "):
        return "the weight of the class in Y"
    if not last.formula or last.formula.startswith(("dA_in = dA", "A = A_in")):
        return last.reads[0]
    right = _with_gates(last.formula.partition(" = ")[2], calls)
    return _indexed(right.replace("e^Z", "exp(Z)").replace("e^−A", "exp(−A)"), calls, target)


def is_sum(calls: Sequence[Description]) -> bool:
    """Return whether an operation ends by adding its share to that of other readers."""
    return calls[-1].formula.endswith("sums over its readers")


def written(symbol: str) -> str:
    """Return the symbol of the array written: not transposed, and whole where a merge writes some of its rows."""
    return re.sub(r"\]\[\d+:\d+\]$", "]", symbol.removesuffix(".T"))


def _affine(last: Description) -> str:
    """Return the right side of Z = W A + b and of dA = Wᵀ dZ."""
    if len(last.reads) == 2 and last.reads[1].startswith("[1; "):
        return f"W[{last.level}] {last.reads[1][4:-1]} + b[{last.level}]"
    if last.reads and last.reads[0] == f"W[{last.level}].T":
        return f"W[{last.level}]ᵀ {last.reads[1]}"
    return ""


def _merge(calls: list[Description]) -> str:
    """Return the right side of a merge, or of one layer's share of its derivative."""
    if calls[-1].formula == "A = [A₁; A₂]":
        return f"[{'; '.join(call.reads[0] for call in calls)}]"
    if calls[0].formula == "A = Σ A_in":
        return " + ".join([*calls[0].reads, *(call.reads[-1] for call in calls[1:])])
    if calls[-1].formula == "dA_in = its rows of dA":
        return calls[-1].reads[0]
    return ""


def _normalization(calls: list[Description]) -> str:
    """Return the right side of a normalization's derivative, whose calls spell it out in parts."""
    level, writes = calls[-1].level, {call.writes for call in calls}
    over = f" / √(σ²[{level}] + ε)"
    if f"mean dA[{level}]" not in writes:
        frozen = calls[-1].formula.startswith("dA_in = γ / √")
        return f"γ[{level}]{over} ∗ dA[{level}]" if frozen else ""
    by_example = f"D[{level}]" in writes
    d, mean = (f"D[{level}]", "1/n") if by_example else (f"dA[{level}]", "1/m")
    inner = f"({d} − {mean} Σ {d} − X̂[{level}] ∗ {mean} Σ {d} ∗ X̂[{level}])"
    return f"{inner}{over}, {d} = γ[{level}] ∗ dA[{level}]" if by_example else f"γ[{level}]{over} ∗ {inner}"


def _with_gates(right: str, calls: list[Description]) -> str:
    """Add what a word in a formula, such as ``gate``, stands for."""
    for call in reversed(calls):
        word = call.formula.partition(" = ")[0]
        if word in ("gate", "rate") and word in right and not right.endswith(call.formula):
            right = f"{right}, {call.formula}"
    return right


def _indexed(right: str, calls: list[Description], target: str) -> str:
    """Give each quantity the number of its layer; where an activation is a layer of its own it reads A, not Z."""
    level = calls[-1].level
    reads = [symbol for call in calls for symbol in call.reads]
    if f"Z[{level}]" in (*reads, target.removeprefix("d")):
        source = f"Z[{level}]"
    elif target.startswith("dA["):
        source = target[1:]
    else:
        source = next((s for s in reads if _READ_BY_ACTIVATION.match(s) and s != f"A[{level}]"), "A_in")

    def name(found: re.Match[str]) -> str:
        return source if found[1] in ("Z", "A_in") else f"{found[1]}[{level}]"

    return _BARE.sub(name, right)
