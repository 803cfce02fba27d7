"""Equations in plain characters turned into LaTeX, and into the shapes of what stands in them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.layers.notation import Size

# A symbol with its layer's number, perhaps some of its rows, perhaps transposed: dA[5][0:4], W[2]ᵀ, σ²[3]; or X, Y, c.
SYMBOL = re.compile(r"(d?)(mean|variance|[A-ZDa-zγβμσ]\N{COMBINING CIRCUMFLEX ACCENT}?)(²?)\[(\d+)\](\[\d+:\d+\])?(ᵀ?)")
DATA = re.compile(r"(?<![\w\\{])([XYŶc])(ᵀ?)(?![\w\[\N{COMBINING CIRCUMFLEX ACCENT}])")
WORD = re.compile(r"(?<![\\\w{])([A-Za-z]{2,}(?: [A-Z][A-Za-z]+)?)(?=[′(\s]|$)")
LONGEST = 60  # characters of shapes that still help to read an equation; beyond, the left side's shape stands alone
FRACTION = re.compile(r"1/(m|n|Σc)")
NAMES = {
    "γ": r"\gamma",
    "β": r"\beta",
    "μ": r"\mu",
    "σ": r"\sigma",
    "mean": r"\bar{\mu}",
    "variance": r"\bar{\sigma}^2",
}
NAMES["X\N{COMBINING CIRCUMFLEX ACCENT}"] = r"\hat{X}"
CHARACTERS = {
    "∗": r"\ast ",
    "Σ": r"\sum ",
    "σ": r"\sigma ",
    "γ": r"\gamma ",
    "β": r"\beta ",
    "μ": r"\mu ",
    "λ": r"\lambda ",
    "θ": r"\theta ",
    "α": r"\alpha ",
    "ρ": r"\rho ",
    "ε": r"\varepsilon ",
    "δ": r"\delta ",
    "∂": r"\partial ",
    "Ŷ": r"\hat{Y}",
    "ŷ": r"\hat{y}",
    "−": "-",
    "′": "'",
    "²": "^2",
    "≥": r"\geq ",
    "≤": r"\leq ",
    "‖": r"\|",
    "½": r"\tfrac{1}{2}",
    "·": r"\cdot ",
    "₀": "_0",
    "₁": "_1",
    "₂": "_2",
    "ᵀ": r"^{\mathsf{T}}",
}
NAMED = {"tanh": r"\tanh", "min": r"\min", "max": r"\max", "log": r"\log"}


def to_latex(text: str) -> str:
    """Return an equation as LaTeX: symbols with raised numbers, fractions, names upright.

    Examples
    --------
    >>> to_latex("dW[1] = 1/m dZ[1] Xᵀ")
    'dW^{[1]} = \\\\frac{1}{m} dZ^{[1]} X^{\\\\mathsf{T}}'
    """
    out = FRACTION.sub(lambda found: rf"\frac{{1}}{{{found[1].replace('Σ', 'Σ ')}}}", text)
    out = WORD.sub(_word, out)
    out = SYMBOL.sub(_symbol, out)
    for character, command in CHARACTERS.items():
        out = out.replace(character, command)
    return re.sub(r" +", " ", out).strip()


def shapes_of(text: str, shapes: Mapping[str, tuple[Size, Size]]) -> str:
    """Return an equation with the shape of each array in its place, e.g. ``(8, m) = (8, 2)(2, m) + (8, 1)``.

    Parameters
    ----------
    shapes
        The shapes by symbol. An equation with a symbol that is not in it has no shapes: the text is empty.
    """
    unknown = False

    def shape(found: re.Match[str], symbol: str, rows: str, turned: str) -> str:
        nonlocal unknown
        known = shapes.get(symbol)
        if known is None:
            unknown = True
            return ""
        first, second = known
        if rows:
            start, stop = rows.strip("[]").split(":")
            first = int(stop) - int(start)
        return f"⟨{second}, {first}⟩" if turned else f"⟨{first}, {second}⟩"

    out = SYMBOL.sub(lambda m: shape(m, f"{m[1]}{m[2]}{m[3]}[{m[4]}]", m[5] or "", m[6]), text)
    out = DATA.sub(lambda m: shape(m, m[1], "", m[2]), out)
    if unknown or "∂" in out or "⟨" not in out:
        return ""
    out = FRACTION.sub("", out).replace(" + ε", "").replace("√", "").replace(")²", ")").replace("⟩²", "⟩")
    out = re.sub(r"(?:[A-Za-zσ]+(?: ReLU)?)′?(?=\()", "", out)  # names of functions
    out = re.sub(r"(?<![\w.])[\d.]+ (?=[⟨(])", "", out)  # numbers as factors
    for _ in range(2):
        out = re.sub(r"\((⟨[^⟩]*⟩)\)", r"\1", out)  # brackets around one array
    if len(out) > LONGEST or re.search(r"\[(?!⟨)", out):
        out = out.partition(" = ")[0]
    left, _, right = out.partition(" = ")
    out = left if left == right else out
    out = out.replace("⟩ ⟨", "⟩⟨").replace("⟨", "(").replace("⟩", ")")
    return re.sub(r" +", " ", out).strip()


def symbols_in(text: str) -> tuple[str, ...]:
    """Return the arrays of an equation by symbol, in order, each once; rows and transposes count as their array."""
    found = [(m.start(), f"{m[1]}{m[2]}{m[3]}[{m[4]}]") for m in SYMBOL.finditer(text)]
    found += [(m.start(), m[1]) for m in DATA.finditer(text)]
    return tuple(dict.fromkeys(symbol for _, symbol in sorted(found)))


def _symbol(found: re.Match[str]) -> str:
    name = NAMES.get(found[2], found[2])
    if found[2] == "variance":
        name = rf"{{{name}}}"
    square = "^2" if found[3] else ""
    name = f"{{{name}{square}}}" if square else name
    turned = r"\mathsf{T}" if found[6] else ""
    rows = f"_{{{found[5][1:-1]}}}" if found[5] else ""
    return f"{found[1]}{name}{rows}^{{[{found[4]}]{turned}}}"


def _word(found: re.Match[str]) -> str:
    word = found[1]
    if word in NAMED:
        return NAMED[word]
    if word in ("mean", "variance") or re.fullmatch(r"d[A-ZW]", word):
        return word
    return rf"\mathrm{{{word.replace(' ', chr(92) + ' ')}}}"
