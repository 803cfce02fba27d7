"""One entry of the ledger as a sum of products: what is shown of it, term by term."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from engine.ledger import Window
from nnstudio import numbers
from nnstudio.ledger import Values

MOST_WRITTEN = 8  # terms of a sum that are written out
DIGITS = 4

_SUPER = str.maketrans("()0123456789k", "⁽⁾⁰¹²³⁴⁵⁶⁷⁸⁹ᵏ")
_SUB = str.maketrans("0123456789k", "₀₁₂₃₄₅₆₇₈₉ₖ")
_WORDS = {
    r"\\cdot": " · ",
    r"\\sum_k": "Σₖ",
    r"\\sum": "Σ",
    r"\\gamma": "γ",
    r"\\beta": "β",
    r"\\mu": "μ",
    r"\\sigma": "σ",
    r"\\epsilon": "ε",
    r"\\hat x": "x̂",
    r"\\hat X": "X̂",
    r"\\top": "ᵀ",
    r"\\left": "",
    r"\\right": "",
    r"\\exp": "exp ",
}


@dataclass(frozen=True)
class Product:
    """Factors (k,) each, multiplied entry by entry: k terms of a sum, all times ``sign``."""

    factors: tuple[Values, ...]
    sign: float = 1.0

    @property
    def terms(self) -> Values:
        """The k terms."""
        return np.asarray(self.sign * np.prod(np.broadcast_arrays(*self.factors), axis=0))


@dataclass(frozen=True)
class Making:
    """How an entry came about.

    Attributes
    ----------
    name, latex
        The entry and its formula, both as LaTeX; the formula is empty where the entry is given.
    words
        What is to be said where there is no formula with numbers.
    products
        Terms whose sum, times ``scale``, is the entry; ``scale_words`` says what the scale is.
    function, result
        For a function of other entries: the call with its numbers, and what it gives.
    value
        The engine's own value, nan where it is not there yet.
    read, missing
        The blocks of large matrices that the entry follows from, and those of them that are not read yet: before they
        are, the numbers cannot be shown.
    """

    name: str
    latex: str = ""
    words: str = ""
    products: tuple[Product, ...] = ()
    scale: float = 1.0
    scale_words: str = ""
    function: str = ""
    result: float = float("nan")
    value: float = float("nan")
    read: tuple[Window, ...] = ()
    missing: tuple[Window, ...] = ()

    @property
    def total(self) -> float:
        """The entry as its terms, or its function, give it; nan where neither is known."""
        if self.products:
            return float(self.scale * sum(product.terms.sum() for product in self.products))
        return self.result

    @property
    def numbers(self) -> str:
        """The terms with their numbers, at most :data:`MOST_WRITTEN` of them, the rest summed up."""
        if not self.products:
            return self.function
        terms = [(product, k) for product in self.products for k in range(len(product.terms))]
        if len(terms) <= MOST_WRITTEN:
            shown = _joined([_term(*term) for term in terms])
        else:
            first, last = terms[: MOST_WRITTEN - 1], terms[-1]
            rest = float(sum(product.terms[k] for product, k in terms[MOST_WRITTEN - 1 : -1]))
            count = numbers.count(len(terms) - MOST_WRITTEN)
            middle = f" + … ({count} more: {written(rest)})"
            shown = _joined([_term(*term) for term in first]) + middle
            shown += _with_sign(_term(*last))
        return f"{self.scale_words} ({shown})" if self.scale_words else shown


def plain(latex: str) -> str:
    """Return the LaTeX of a ledger's formula in plain characters, ``z[1]₃⁽⁵⁷⁾ = W[1]₃ · x⁽⁵⁷⁾ + b[1]₃``."""
    text = latex.replace(r"\,", " ")
    for mark, word in _WORDS.items():
        text = re.sub(mark + r"(?![a-zA-Z])", word, text)
    text = re.sub(r"\\mathrm\{(\w+)\}", r" \1", text)
    text = re.sub(r"\^\{(\[\d+\])?([^{}]*)\}", lambda found: (found[1] or "") + found[2].translate(_SUPER), text)
    text = re.sub(r"_\{([^{}]*)\}", lambda found: found[1].translate(_SUB), text).replace("^2", "²")
    text = re.sub(r"\\overline\{([^{}]*)\}", r"mean(\1)", text)
    for _ in range(2):  # a root may hold a fraction
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", _over, text)
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r"√(\1)", text)
    return re.sub(r"\s+", " ", re.sub(r"[{}]", "", text)).replace("-", numbers.MINUS).strip()


def _over(found: re.Match[str]) -> str:
    above, below = (f"({part})" if re.search(r" [-+] ", part) else part.strip() for part in found.groups())
    return f"{above}/{below} "


def written(value: float) -> str:
    """Return a number of a formula."""
    return numbers.number(float(value), DIGITS)


def _term(product: Product, k: int) -> tuple[bool, str]:
    """Return whether a term begins with a minus, and the rest of it."""
    factors = [float(np.broadcast_to(factor, product.terms.shape)[k]) for factor in product.factors]
    negative = (factors[0] < 0) != (product.sign < 0)
    if len(factors) == 2 and product.factors[0] is product.factors[1]:
        return product.sign < 0, f"({written(factors[0])})²"
    first = written(abs(factors[0]))
    others = [f"({written(factor)})" if factor < 0 else written(factor) for factor in factors[1:]]
    return negative, " · ".join([first, *others])


def _with_sign(term: tuple[bool, str]) -> str:
    negative, text = term
    return f" {numbers.MINUS} {text}" if negative else f" + {text}"


def _joined(terms: list[tuple[bool, str]]) -> str:
    written = "".join(_with_sign(term) for term in terms)
    return written[3:] if written.startswith(" + ") else f"{numbers.MINUS}{written[3:]}"
