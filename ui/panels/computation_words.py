"""How the numbers of a chain rule are written: symbols of single entries, products and sums, as rich and plain text."""

from __future__ import annotations

import re
from collections.abc import Callable

from nnstudio.chain_rule import Factor, Term, Worked
from nnstudio.computation import Computation, cut
from nnstudio.equation_text import to_latex
from nnstudio.numbers import MINUS, short

DIGITS = 4
DOT = "\u202f·\u202f"
_NAMES = {"gamma": "γ", "beta": "β", "mean": "μ", "variance": "σ²"}
_ENTRY = re.compile(r"^(d?)([^\[]+)\[(\d+)\]$")
_SQUARE = re.compile(r"(\w+\^\{\[\d+\]\})\^2")
_TAGS = re.compile(r"<(/?)(i|sub|sup|b)>")


def entry(symbol: str, place: tuple[int, int], computation: Computation) -> str:
    """Return the symbol of one entry of an array as rich text, e.g. w with its unit, its input and its layer.

    Units count from 1. The number of the example is left out where there is only one.
    """
    row, column = place
    if symbol.endswith(".T"):
        return entry(symbol[:-2], (column, row), computation)
    if symbol.startswith("[1; "):
        return "1" if row == 0 else entry(symbol[4:-1], (row - 1, column), computation)
    base, rows = cut(symbol)
    if rows is not None:
        return entry(base, (row + rows[0], column), computation)
    name, _, level = symbol.partition("[")
    if name in ("Theta", "dTheta"):
        d = name.removesuffix("Theta")
        return entry(f"{d}b[{level}" if column == 0 else f"{d}W[{level}", (row, max(column - 1, 0)), computation)
    if symbol in ("X", "Y"):
        return _with_marks(symbol.lower(), row, None, None, _example(symbol, column, computation))
    found = _ENTRY.match(symbol)
    if found is None:
        return symbol
    d, name, level = found.groups()
    if name == "W":
        return _with_marks(f"{d}w", row, column, level, None)
    if name in ("b", "gamma", "beta", "c"):
        return _with_marks(d + _NAMES.get(name, name), None if name == "c" else row, None, level, None)
    return _with_marks(d + _NAMES.get(name, name.lower()), row, None, level, _example(symbol, column, computation))


def factor_symbol(factor: Factor, computation: Computation) -> str:
    """Return what stands for a factor where symbols are written."""
    name, _, rest = factor.symbol.partition("[")
    level = rest.rstrip("]")
    unit = str(factor.place[0] + 1)
    special = {
        "slope": f"<i>g</i>′<sub>{unit}</sub><sup>[{level}]</sup>",
        "factor": f"<i>γ</i><sub>{unit}</sub>/√(<i>σ</i>²<sub>{unit}</sub> + ε)",
        "σ": "√(<i>σ</i>² + ε)",
        "margin": "[1 − <i>t a</i> &gt; 0]",
        "mean dA": "mean <i>dA</i>",
        "mean dA∗X̂": "mean <i>dA</i> ∗ <i>X̂</i>",
    }
    if computation.shape(f"Z[{level}]") is not None:
        special["slope"] = f"<i>g</i>′({entry(f'Z[{level}]', factor.place, computation)})"
        special["variance"] = "{a} (1 − {a})".format(a=entry(f"A[{level}]", factor.place, computation))
    if computation.shape(f"D[{level}]") is not None:
        special["mean dA"] = "mean <i>D</i>"
        special["mean dA∗X̂"] = "mean <i>D</i> ∗ <i>X̂</i>"
    text = special.get(name) or entry(factor.symbol, factor.place, computation)
    if factor.reader is not None:
        text += f"<sub> through {factor.reader}</sub>"
    return f"1/({text})" if factor.inverse else text


def factor_number(factor: Factor) -> str:
    """Return a factor's number; a slope of tanh or sigmoid is written as it comes from the activation's value."""
    a = short(factor.of, DIGITS)
    if factor.slope == "tanh":
        return f"(1 − {_bracketed(a)}²)"
    if factor.slope == "sigmoid":
        return f"{_bracketed(a)}{DOT}(1 − {a})"
    text = _bracketed(short(factor.value, DIGITS))
    return f"1/{text}" if factor.inverse else text


def symbols_of(worked: Worked, computation: Computation) -> str:
    """Return the sum in symbols, as rich text."""
    return _sum(worked, lambda factor: factor_symbol(factor, computation))


def numbers_of(worked: Worked) -> str:
    """Return the sum in numbers, as rich text."""
    return _sum(worked, factor_number)


def lines_of(worked: Worked, computation: Computation) -> list[str]:
    """Return how the number came about as lines of rich text: in symbols, in rounded numbers, and the result."""
    left = entry(worked.symbol, worked.place, computation)
    result = f"<b>{short(worked.value, DIGITS)}</b>"
    gap = "" if worked.complete else f" <i>({worked.count} terms)</i>"
    return [f"{left} = {symbols_of(worked, computation)}{gap}", f"≈ {numbers_of(worked)}", f"= {result}"]


def latex_of(equation: str) -> str:
    """Return an operation's equation as LaTeX, roots drawn and squares of numbered symbols in braces."""
    text = to_latex(equation.replace("π", r"\pi ").replace("∇", r"\nabla "))
    text = re.sub(r"√\(((?:[^()]|\([^()]*\))*)\)", r"\\sqrt{\1}", text)
    return _SQUARE.sub(r"{\1}^2", text)


def spoken(symbol: str) -> str:
    """Return an array's symbol as the notes write it, ``dγ[2]`` for the program's dgamma[2]."""
    return symbol.replace("gamma", "γ").replace("beta", "β")


def plain(rich: str) -> str:
    """Return rich text without its marks, to be read out or copied."""
    text = _TAGS.sub(lambda tag: "_" if tag[0] == "<sub>" else "", rich)
    return text.replace("&gt;", ">").replace("&lt;", "<")


def _sum(worked: Worked, write: Callable[[Factor], str]) -> str:
    parts: list[str] = []
    for place, term in enumerate(worked.terms):
        parts.append(_signed(term, DOT.join(write(factor) for factor in term.factors) or "1", place == 0))
    if not worked.complete:
        parts.append(" + …")
    total = "".join(parts)
    if worked.function == "sign":
        total = f"sign({total})"
    elif worked.function == "clip":
        total = f"[{total}] within ±{short(worked.limit, DIGITS)}"
    if not worked.outer:
        return total
    several = len(worked.terms) > 1 or not worked.complete or (worked.terms[0].sign < 0 and not worked.function)
    if several or worked.function == "clip":
        total = f"({total})"
    return DOT.join([total, *(write(factor) for factor in worked.outer)])


def _signed(term: Term, text: str, first: bool) -> str:
    if first:
        return text if term.sign > 0 else f"{MINUS}{text}"
    return f" + {text}" if term.sign > 0 else f" − {text}"


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith(MINUS) else text


def _example(symbol: str, column: int, computation: Computation) -> int | None:
    shape = computation.shape(symbol)
    return column if shape is not None and shape[1] > 1 else None


def _with_marks(name: str, row: int | None, column: int | None, level: str | None, example: int | None) -> str:
    below = ",".join(str(place + 1) for place in (row, column) if place is not None)
    above = (f"[{level}]" if level is not None else "") + (f"({example + 1})" if example is not None else "")
    text = f"<i>{name}</i>"
    text += f"<sub>{below}</sub>" if below else ""
    return text + (f"<sup>{above}</sup>" if above else "")
