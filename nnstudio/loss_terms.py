"""The loss of one example, term by term with its numbers, as lines of LaTeX and of plain text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.declared import name_of
from engine.emit import Array
from engine.layers import Output
from engine.losses import FUSED, BinaryCrossEntropy, CategoricalCrossEntropy, Hinge, Huber, Loss, MeanAbsoluteError
from nnstudio import numbers

DIGITS = 4
MOST_TERMS = 3  # outputs written out in one line; of more, those that add most
NEARLY_ONE = 0.999  # from here on a probability is told with more digits
PRODUCTS_IN_LINE = 3
SIGN = "{-}"  # a minus that is a sign: without braces it is set as widely as one between two numbers
MOST_WRITTEN = 8  # features of a logistic regression that is written out


@dataclass(frozen=True)
class Line:
    """One line of an equation, typeset and in plain characters."""

    latex: str
    text: str


@dataclass(frozen=True)
class Term:
    """What one output (counted from 0) adds to the sum: its numbers put in, and their value."""

    output: int
    put_in: Line
    value: float


@dataclass(frozen=True)
class LossTerms:
    """A loss of one example: ``factor`` times the sum of the terms.

    ``value`` is the engine's own loss of these numbers, computed in float64. ``notes`` are sentences about it.
    """

    formula: Line
    factor: float
    terms: tuple[Term, ...]
    value: float
    notes: tuple[str, ...]

    def lines(self, most: int = MOST_TERMS) -> list[Line]:
        """Return the formula, the numbers put in, the terms' values, and the loss, a line each."""
        shown = self._shown(most)
        rest = len(shown) < len(self.terms)
        lines = [Line(f"L = {self.formula.latex}", f"L = {self.formula.text}")]
        lines.append(self._summed([term.put_in for term in shown], rest))
        if len(self.terms) > 1 or self.factor != 1:
            lines.append(self._summed([_in_sum(term.value) for term in shown], rest))
        lines.append(Line(f"= {latex_number(self.value)}", f"= {number(self.value)}"))
        return lines

    def rest(self, most: int = MOST_TERMS) -> str:
        """Return what the terms that :meth:`lines` leaves out add, in a sentence; empty where it leaves none out."""
        left = [term.value for term in self.terms if term not in self._shown(most)]
        if not left:
            return ""
        total = sum(left)
        return f"The other {numbers.plural(len(left), 'term')} {'adds' if len(left) == 1 else 'add'} {number(total)}."

    def _shown(self, most: int) -> list[Term]:
        outputs = {term.output for term in self.terms}
        if len(outputs) <= most:
            return list(self.terms)
        size = {output: sum(abs(term.value) for term in self.terms if term.output == output) for output in outputs}
        largest = sorted(outputs, key=lambda output: (-size[output], output))[:most]
        # An output that adds nothing, such as a class that is not the example's, is not worth a place here.
        largest = [output for output in largest if size[output] != 0] or largest[:1]
        return [term for term in self.terms if term.output in largest]

    def _summed(self, parts: list[Line], rest: bool) -> Line:
        latex, text = " + ".join(part.latex for part in parts), " + ".join(part.text for part in parts)
        if rest:
            latex, text = latex + r" + \cdots", text + " + …"
        if self.factor == -1:
            return Line(rf"= {{-}}\left[{latex}\right]", f"= {numbers.MINUS}[{text}]")
        if self.factor != 1:
            return Line(rf"= \tfrac12\left[{latex}\right]", f"= ½ [{text}]")
        return Line(f"= {latex}", f"= {text}")


def loss_terms(output: Output, z: Array, a: Array, y: Array) -> LossTerms:
    r"""Return the loss of one example term by term.

    Cross-entropy takes its logarithms from z, as the engine does: :math:`\log\sigma(z) = -\log(1 + e^{-z})`,
    :math:`\log(1 - \sigma(z)) = -\log(1 + e^{z})` and :math:`\log\hat y_k = z_k - \log\sum_j e^{z_j}`.

    Parameters
    ----------
    output
        The output layer, with its activation and its loss.
    z, a, y
        Z[L], the prediction and the target, (n_y,) each.
    """
    z, a, y = (np.asarray(values, np.float64).reshape(-1) for values in (z, a, y))
    loss, activation = output.loss, name_of(output.activation)
    with np.errstate(all="ignore"):
        value = float(loss.losses(activation, z[:, None], a[:, None], y[:, None])[0])
        notes: list[str] = []
        factor = 1.0
        if isinstance(loss, BinaryCrossEntropy):
            factor, terms = -1.0, _binary_terms(z, a, y)
        elif isinstance(loss, CategoricalCrossEntropy):
            factor, terms = -1.0, _categorical_terms(z, a, y)
        elif isinstance(loss, MeanAbsoluteError):
            terms = [_error_term(k, a[k], y[k], r"\left|{}\right|", "|{}|", abs(a[k] - y[k])) for k in range(len(y))]
        elif isinstance(loss, Huber):
            terms = [_huber_term(k, a[k], y[k], loss.delta) for k in range(len(y))]
            notes += _huber_notes(a, y, loss.delta)
        elif isinstance(loss, Hinge):
            terms = [_hinge_term(k, a[k], y[k]) for k in range(len(y))]
        else:
            factor = 0.5
            terms = [
                _error_term(k, a[k], y[k], r"\left({}\right)^2", "({})²", (a[k] - y[k]) ** 2) for k in range(len(y))
            ]
    if loss.classes and FUSED.get(name_of(loss)) == activation:
        notes += _rounding_notes(loss, z, a)
    return LossTerms(_formula(loss, len(y)), factor, tuple(terms), value, tuple(notes))


def sigmoid_shares(z: Array) -> tuple[Array, Array]:
    """Return σ(z) and 1 - σ(z) with all their digits, also where they are so near to 0 that σ as such rounds."""
    z = np.asarray(z, np.float64)
    with np.errstate(all="ignore"):
        return np.exp(-np.logaddexp(0.0, -z)), np.exp(-np.logaddexp(0.0, z))


def slope(loss: Loss, a: Array, y: Array, other: Array | None = None) -> Array:
    """Return dL/dŷ of each output, elementwise; at a kink of the squared kind, what the engine's gradient takes.

    Binary cross-entropy -y/ŷ + (1 - y)/(1 - ŷ), categorical -y/ŷ, squared error ŷ - y, absolute sign(ŷ - y), Huber the
    error kept between -δ and δ, hinge -t where 1 - t ŷ > 0 and 0 elsewhere. ``other`` is 1 - ŷ where it is known more
    exactly than ``a`` tells it.
    """
    a, y = np.asarray(a, np.float64), np.asarray(y, np.float64)
    with np.errstate(all="ignore"):
        if isinstance(loss, BinaryCrossEntropy):
            rest = 1.0 - a if other is None else other
            no, yes = (1.0 - y) / rest, y / a
            return np.asarray(np.where(y < 1, no, 0.0) - np.where(y > 0, yes, 0.0))  # 0/0 of ŷ rounded to y is 0
        if isinstance(loss, CategoricalCrossEntropy):
            return np.asarray(-y / a)
        if isinstance(loss, MeanAbsoluteError):
            return np.asarray(np.sign(a - y))
        if isinstance(loss, Huber):
            return np.asarray(np.clip(a - y, -loss.delta, loss.delta))
        if isinstance(loss, Hinge):
            t = 2.0 * y - 1.0
            return np.asarray(np.where(1.0 - t * a > 0, -t, 0.0))
        return np.asarray(a - y)


def logistic_lines(x: Array, w: Array, b: float) -> list[Line]:
    """Return logistic regression over one example with its numbers: w, b, z = wᵀx + b and ŷ = σ(z), a line each.

    ``x`` and ``w`` are (n_x,), at most :data:`MOST_WRITTEN` of each are to be given.
    """
    x, w = np.asarray(x, np.float64).reshape(-1), np.asarray(w, np.float64).reshape(-1)
    b = float(b)
    z = float(w @ x + b)
    prediction = float(0.5 * np.tanh(0.5 * z) + 0.5)
    lines = [_vector("x", x), _vector("w", w), Line(f"b = {latex_number(b)}", f"b = {number(b)}")]
    parts = [
        Line(rf"{_latex_factor(one)}\cdot{_latex_factor(other)}", f"{_factor(one)}·{_factor(other)}")
        for one, other in zip(w, x, strict=True)
    ]
    parts.append(_in_sum(b))
    lines.append(Line(r"z = w^{T}x + b", "z = wᵀx + b"))
    for start in range(0, len(parts), PRODUCTS_IN_LINE):
        row = parts[start : start + PRODUCTS_IN_LINE]
        sign = "=" if start == 0 else r"\quad +"
        latex, text = " + ".join(part.latex for part in row), " + ".join(part.text for part in row)
        lines.append(Line(f"{sign} {latex}", f"{'=' if start == 0 else '+'} {text}"))
    lines.append(Line(f"= {latex_number(z)}", f"= {number(z)}"))
    lines.append(
        Line(
            rf"\hat y = \sigma(z) = \frac{{1}}{{1+e^{{-z}}}} = {latex_number(prediction, probable=True)}",
            f"ŷ = σ(z) = 1 / (1 + e⁻ᶻ) = {number(prediction, probable=True)}",
        )
    )
    return lines


def cost_line(m: int, value: float, weighted: bool) -> Line:
    """Return the cost J of m examples with its value; ``weighted`` where classes count differently."""
    count, known = numbers.count(m), number(value)
    if weighted:
        return Line(
            rf"J = \frac{{\sum_i c^{{(i)}} L^{{(i)}}}}{{\sum_i c^{{(i)}}}} = {latex_number(value)}",
            f"J = Σᵢ c⁽ⁱ⁾ L⁽ⁱ⁾ / Σᵢ c⁽ⁱ⁾ = {known}, m = {count}",
        )
    shown = count.replace(numbers.THIN_SPACE, r"\,")
    return Line(
        rf"J = \frac{{1}}{{m}}\sum_{{i=1}}^{{m}} L^{{(i)}} = {latex_number(value)}, \quad m = {shown}",
        f"J = 1/m Σᵢ L⁽ⁱ⁾ = {known}, m = {count}",
    )


def number(value: float, *, probable: bool = False) -> str:
    """Return a number with four digits; a probability close to 1 with as many as tell it from 1."""
    if probable and NEARLY_ONE < value < 1:
        return f"{value:.16f}".rstrip("0") if value > 1 - 1e-6 else f"{value:.7f}".rstrip("0")
    return numbers.number(value, DIGITS)


def latex_number(value: float, digits: int = DIGITS, *, probable: bool = False) -> str:
    """Return the same number as :func:`number` in LaTeX, or with other digits."""
    text = number(value, probable=True) if probable else numbers.number(value, digits)
    text = text.replace(numbers.MINUS, "-").replace(numbers.THIN_SPACE, r"\,")
    mantissa, mark, exponent = text.partition("e")
    if mantissa.startswith("-"):
        mantissa = f"{SIGN}{mantissa[1:]}"
    text = rf"{mantissa}\cdot 10^{{{exponent}}}" if mark else mantissa
    return text.replace("∞", r"\infty").replace(numbers.UNKNOWN, "?")


def _formula(loss: Loss, n_y: int) -> Line:
    """Return the loss's formula, without sums and indices where there is one output."""
    if isinstance(loss, BinaryCrossEntropy) and n_y > 1:
        return Line(
            r"{-}\sum_k\left[y_k\log\hat y_k+(1-y_k)\log(1-\hat y_k)\right]", "−Σₖ [yₖ log ŷₖ + (1 − yₖ) log(1 − ŷₖ)]"
        )
    if isinstance(loss, Huber):
        return Line(
            (r"\sum_k " if n_y > 1 else "") + r"h(e),\quad e = \hat y - y",
            ("Σₖ " if n_y > 1 else "") + "h(e), e = ŷ − y",
        )
    stated = SIGN + loss.latex[1:] if loss.latex.startswith("-") else loss.latex
    if n_y > 1:
        return Line(stated, loss.formula)
    latex = stated.replace(r"\sum_k", "").replace("_k", "")
    return Line(latex, loss.formula.replace("Σₖ ", "").replace("ₖ", ""))


def _binary_terms(z: Array, a: Array, y: Array) -> list[Term]:
    yes, no = -np.logaddexp(0.0, -z), -np.logaddexp(0.0, z)
    exact, other = sigmoid_shares(z)
    shown = np.where(a == 0, exact, a)
    terms = []
    for k in range(len(y)):
        for share, probability, log in ((y[k], shown[k], yes[k]), (1.0 - y[k], other[k], no[k])):
            terms.append(Term(k, _log_line(share, probability), float(share * log) if share else 0.0))
    return terms


def _categorical_terms(z: Array, a: Array, y: Array) -> list[Term]:
    shifted = z - np.max(z)
    logs = shifted - np.log(np.sum(np.exp(shifted)))
    shown = np.where(a == 0, np.exp(logs), a)
    return [Term(k, _log_line(y[k], shown[k]), float(y[k] * logs[k]) if y[k] else 0.0) for k in range(len(y))]


def _log_line(share: float, probability: float) -> Line:
    shown = latex_number(probability, probable=True)
    text = number(probability, probable=True)
    share_text = numbers.short(share, DIGITS)
    return Line(rf"{share_text}\cdot\log\,{_grouped(shown)}", f"{share_text}·log {text}")


def _grouped(latex: str) -> str:
    return f"({latex})" if r"\cdot" in latex else latex


def _difference(a: float, y: float) -> Line:
    return Line(f"{latex_number(a)} - {_latex_factor(y)}", f"{number(a)} − {_factor(y)}")


def _error_term(k: int, a: float, y: float, latex: str, text: str, value: float) -> Term:
    error = _difference(a, y)
    return Term(k, Line(latex.replace("{}", error.latex), text.replace("{}", error.text)), float(value))


def _huber_term(k: int, a: float, y: float, delta: float) -> Term:
    size = abs(a - y)
    if size <= delta:
        return _error_term(k, a, y, r"\tfrac12\left({}\right)^2", "½ ({})²", 0.5 * size * size)
    shown = latex_number(delta)
    latex = rf"{shown}\cdot\left(\left|{{}}\right| - \tfrac12\cdot {shown}\right)"
    return _error_term(k, a, y, latex, f"{number(delta)}·(|{{}}| − ½·{number(delta)})", delta * (size - 0.5 * delta))


def _huber_notes(a: Array, y: Array, delta: float) -> list[str]:
    beyond = int(np.count_nonzero(np.abs(a - y) > delta))
    shown = number(delta)
    squared = f"The error is at most δ = {shown}, so it counts squared: h(e) = ½ e²."
    proportional = f"The error is beyond δ = {shown}, so it counts in proportion: h(e) = δ (|e| − ½ δ)."
    if len(y) == 1:
        return [proportional if beyond else squared]
    return [f"h(e) = ½ e² for |e| ≤ δ = {shown}, δ (|e| − ½ δ) beyond: {beyond} of {len(y)} errors are beyond."]


def _hinge_term(k: int, a: float, y: float) -> Term:
    t = 2.0 * y - 1.0
    line = Line(
        rf"\max(0,\, 1 - {_latex_factor(t, 1)}\cdot{_latex_factor(a)})",
        f"max(0, 1 − {_factor(t, 1)}·{_factor(a)})",
    )
    return Term(k, line, float(max(1.0 - t * a, 0.0)))


def _rounding_notes(loss: Loss, z: Array, a: Array) -> list[str]:
    rounded = np.flatnonzero((a == 0) | (a == 1))
    if isinstance(loss, BinaryCrossEntropy):
        way = "log ŷ = −log(1 + e⁻ᶻ) and log(1 − ŷ) = −log(1 + eᶻ)"
    else:
        way = "log ŷₖ = zₖ − log Σⱼ eᶻʲ"
    if len(rounded) == 0:
        return [f"The logarithms are computed from z: {way}."]
    first = int(rounded[0])
    which = "ŷ" if len(a) == 1 else f"ŷ of output {first + 1}"
    at = f", with z = {number(float(z[first]))}" if len(a) == 1 else ""
    return [f"{which} rounds to {int(a[first])}. The loss is exact all the same: it is computed from z{at}, by {way}."]


def _in_sum(value: float) -> Line:
    return Line(_latex_factor(value), _factor(value))


def _factor(value: float, digits: int = DIGITS) -> str:
    text = numbers.number(value, digits)
    return f"({text})" if text.startswith(numbers.MINUS) else text


def _latex_factor(value: float, digits: int = DIGITS) -> str:
    text = latex_number(value) if digits == DIGITS else numbers.number(value, digits).replace(numbers.MINUS, SIGN)
    return f"({text})" if text.startswith(SIGN) else text


def _vector(name: str, values: Array) -> Line:
    latex = r",\; ".join(latex_number(float(value)) for value in values)
    text = ", ".join(number(float(value)) for value in values)
    return Line(rf"{name} = \left({latex}\right)^{{T}}", f"{name} = ({text})ᵀ")
