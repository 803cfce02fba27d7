"""How a layer writes down what it computes: equations in the notes' symbols, each beside the same as NumPy code.

Symbols carry the layer's number in brackets, ``Z[2]``; in code ``Z[2]`` stands for the variable ``Z2``. A product of
matrices is two symbols side by side, an elementwise one is ``∗``. What turns these lines into LaTeX, shapes and a
script is :mod:`nnstudio.equations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.activations import Activation
from engine.declared import Declared, name_of, title_of

Size = int | Literal["m"]


@dataclass(frozen=True)
class Line:
    """One equation, or one term of it.

    Parameters
    ----------
    text
        The equation in plain characters, e.g. ``Z[2] = W[2] A[1] + b[2]``.
    code
        The same as Python, e.g. ``Z[2] = W[2] @ A[1] + b[2]``.
    latex
        The same as LaTeX with the symbols as in ``text``; empty where it follows from ``text``, as without fractions
        and roots it does.
    shape
        The shape of what stands left of ``=``, where it is neither a parameter nor one of Z, A, dZ, dA.
    spells_out
        Which formula of the layer's activation belongs to this line.
    """

    text: str
    code: str = ""
    latex: str = ""
    shape: tuple[Size, Size] | None = None
    spells_out: Literal["", "value", "derivative"] = ""


@dataclass(frozen=True)
class Notation:
    """What a layer needs to know of its place in the network to write its equations.

    Parameters
    ----------
    level
        The layer's number l.
    reads
        The numbers of the layers it reads, 0 for X.
    units, inputs
        n[l], and the units of the layers read.
    share
        The factor that turns sums over the examples into means, ``1/m`` or ``1/Σc`` with class weights.
    learns
        Whether gradients of the layer's parameters are computed; False while it is frozen.
    """

    level: int
    reads: tuple[int, ...]
    units: int
    inputs: tuple[int, ...]
    share: str = "1/m"
    learns: bool = True

    def source(self, port: int = 0) -> str:
        """Return the symbol of what is read, ``X`` or ``A[k]``."""
        return "X" if self.reads[port] == 0 else f"A[{self.reads[port]}]"

    @property
    def share_code(self) -> str:
        """The factor as Python."""
        return "1 / m" if self.share == "1/m" else "1 / c.sum()"


def function_name(activation: Activation) -> str:
    """Return an activation as a function's name in equations: ``σ``, ``tanh``, ``leaky ReLU``."""
    return "σ" if name_of(activation) == "sigmoid" else title_of(activation)


def activation_line(activation: Activation, value: str, argument: str) -> Line:
    """Return ``value = g(argument)``."""
    if name_of(activation) == "identity":
        return Line(f"{value} = {argument}", f"{value} = {argument}")
    text = f"{value} = {function_name(activation)}({argument})"
    return Line(text, f"{value} = {name_of(activation)}({call_arguments(activation, argument)})", spells_out="value")


def slope_term(activation: Activation, d_value: str, argument: str) -> Line:
    """Return ``d_value ∗ g'(argument)``, the derivative by the activation's argument."""
    if name_of(activation) == "identity":
        return Line(d_value, d_value)
    return Line(
        f"{d_value} ∗ {function_name(activation)}′({argument})",
        f"{d_value} * d_{name_of(activation)}({call_arguments(activation, argument)})",
        spells_out="derivative",
    )


def call_arguments(declared: Declared, *arguments: str) -> str:
    """Return the arguments of a call in code: the arrays, then the declared settings by name."""
    settings = [f"{name}={getattr(declared, name)!r}" for name in declared.__struct_fields__]
    return ", ".join([*arguments, *settings])
