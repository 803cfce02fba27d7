"""The optimizer's update of one parameter, written out with the numbers of the next step."""

from __future__ import annotations

import math
from collections.abc import Callable

from engine.optimizers import Adagrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RmsProp, Sgd
from engine.rehearsal import Entry
from nnstudio import numbers
from nnstudio.equation_text import to_latex
from nnstudio.equations import update_rules
from nnstudio.loss_terms import DIGITS, Line, latex_number, number

Pair = tuple[str, str]  # the same in LaTeX and in plain characters
MOST_DIGITS = 9
BECOMES = r"\coloneqq "


def rule_lines(optimizer: Optimizer, named: bool) -> list[Line]:
    """Return the optimizer's rule for any parameter θ.

    Where parameters are ``named`` below it, gradient descent needs none: their updates say it all.
    """
    if named and type(optimizer) is Sgd:
        return []
    return [Line((latex or to_latex(text)).replace(":=", BECOMES), text) for text, latex in update_rules(optimizer)]


def update_lines(optimizer: Optimizer, alpha: float, update: int, entry: Entry, name: Pair, weight: bool) -> list[Line]:
    """Return the update of a parameter with its numbers, a line each; the last one ends in the new value.

    Parameters
    ----------
    alpha, update
        The step's learning rate, and its number t since the optimizer's memory was empty.
    entry
        The parameter's numbers.
    name
        The parameter in LaTeX and in plain characters.
    weight
        Whether it is a weight, which decays with AdamW, or a bias or gain.
    """
    return _Lines(optimizer, alpha, update, entry, name, weight).lines()


class _Lines:
    def __init__(self, optimizer: Optimizer, alpha: float, update: int, entry: Entry, name: Pair, weight: bool) -> None:
        self._optimizer, self._alpha, self._t = optimizer, alpha, update
        self._entry, self._g, self._weight = entry, entry.gradient, weight
        self._name = name

    def lines(self) -> list[Line]:
        writers: dict[type[Optimizer], Callable[[], list[Line]]] = {
            Momentum: self._momentum,
            Nesterov: self._nesterov,
            Adagrad: self._adagrad,
            RmsProp: self._rmsprop,
            Adam: self._adam,
            AdamW: self._adam,
        }
        write = writers.get(type(self._optimizer))
        if write is None:
            return [self._plain()]
        return [_equal((f"d{self._name[0]}", f"d{self._name[1]}"), self._g), *write()]

    def _plain(self) -> Line:
        """Return gradient descent's own update, rule and numbers in one line."""
        (latex, text), alpha, value, g = self._name, _set(self._alpha), self._entry.value, self._g
        return Line(
            rf"{latex} {BECOMES}{latex} - \alpha\,d{latex} "
            rf"= {self._tell(value)[0]} - {alpha[0]}\cdot{_tex_factor(g)} = {self._tell(self._entry.after)[0]}",
            f"{text} := {text} − α d{text} "
            f"= {self._tell(value)[1]} − {alpha[1]}·{_factor(g)} = {self._tell(self._entry.after)[1]}",
        )

    def _momentum(self) -> list[Line]:
        after = self._entry.slots["velocity"][1]
        return [self._velocity(), self._stepped((_tex_factor(after), _factor(after)))]

    def _nesterov(self) -> list[Line]:
        optimizer, after = self._optimizer, self._entry.slots["velocity"][1]
        assert isinstance(optimizer, Nesterov)
        mu = _set(optimizer.momentum)
        put_in = (
            rf"\left({latex_number(self._g)} + {mu[0]}\cdot{_tex_factor(after)}\right)",
            f"({number(self._g)} + {mu[1]}·{_factor(after)})",
        )
        return [self._velocity(), self._stepped(put_in)]

    def _velocity(self) -> Line:
        optimizer, (before, after) = self._optimizer, self._entry.slots["velocity"]
        assert isinstance(optimizer, (Momentum, Nesterov))
        mu = _set(optimizer.momentum)
        return Line(
            rf"v = {mu[0]}\cdot{_tex_factor(before)} + {_tex_factor(self._g)} = {latex_number(after)}",
            f"v = {mu[1]}·{_factor(before)} + {_factor(self._g)} = {number(after)}",
        )

    def _adagrad(self) -> list[Line]:
        optimizer, (before, after) = self._optimizer, self._entry.slots["s"]
        assert isinstance(optimizer, Adagrad)
        first = Line(
            rf"s = {latex_number(before)} + {_tex_factor(self._g)}^2 = {latex_number(after)}",
            f"s = {number(before)} + {_factor(self._g)}² = {number(after)}",
        )
        return [first, self._scaled(self._g, after, optimizer.epsilon)]

    def _rmsprop(self) -> list[Line]:
        optimizer, (before, after) = self._optimizer, self._entry.slots["s"]
        assert isinstance(optimizer, RmsProp)
        return [self._mean("v", optimizer.rho, before, after, "²"), self._scaled(self._g, after, optimizer.epsilon)]

    def _adam(self) -> list[Line]:
        optimizer = self._optimizer
        assert isinstance(optimizer, Adam)
        (m0, m), (v0, v) = self._entry.slots["u"], self._entry.slots["s"]
        m_hat = m / (1.0 - optimizer.beta1**self._t)
        v_hat = v / (1.0 - optimizer.beta2**self._t)
        lines = [
            self._mean("m", optimizer.beta1, m0, m),
            self._mean("v", optimizer.beta2, v0, v, "²"),
            Line(
                rf"\hat m = {latex_number(m_hat)}, \quad \hat v = {latex_number(v_hat)}, \quad t = {self._t}",
                f"m̂ = {number(m_hat)}, v̂ = {number(v_hat)}, t = {numbers.count(self._t)}",
            ),
        ]
        start = self._entry.value
        if isinstance(optimizer, AdamW) and self._weight and optimizer.weight_decay:
            start *= 1.0 - self._alpha * optimizer.weight_decay
            alpha, decay, value = _set(self._alpha), _set(optimizer.weight_decay), self._entry.value
            name = self._name
            lines.append(
                Line(
                    rf"{name[0]} {BECOMES}(1 - {alpha[0]}\cdot{decay[0]})"
                    rf"\cdot\left({self._tell(value)[0]}\right) = {self._tell(start)[0]}",
                    f"{name[1]} := (1 − {alpha[1]}·{decay[1]})·({self._tell(value)[1]}) = {self._tell(start)[1]}",
                )
            )
        return [*lines, self._scaled(m_hat, v_hat, optimizer.epsilon, start)]

    def _mean(self, letter: str, kept: float, before: float, after: float, power: str = "") -> Line:
        share, rest = _set(kept), _set(1.0 - kept)
        square = "^2" if power else ""
        return Line(
            rf"{letter} = {share[0]}\cdot{_tex_factor(before)} + {rest[0]}\cdot{_tex_factor(self._g)}{square} = "
            rf"{latex_number(after)}",
            f"{letter} = {share[1]}·{_factor(before)} + {rest[1]}·{_factor(self._g)}{power} = {number(after)}",
        )

    def _scaled(self, value: float, square: float, epsilon: float, start: float | None = None) -> Line:
        small = _set(epsilon)
        put_in = (
            rf"\frac{{{latex_number(value)}}}{{\sqrt{{{latex_number(square)}}} + {small[0]}}}",
            f"{_factor(value)} / (√({number(square)}) + {small[1]})",
        )
        return self._stepped(put_in, start)

    def _tell(self, value: float) -> Pair:
        """Return a value of the parameter with as many digits as tell it from the one before the step."""
        return latex_number(value, digits_of(self._entry)), told_apart(self._entry, value)

    def _stepped(self, put_in: Pair, start: float | None = None) -> Line:
        before, after, alpha = self._entry.value if start is None else start, self._entry.after, _set(self._alpha)
        return Line(
            rf"{self._name[0]} {BECOMES}{self._tell(before)[0]} - {alpha[0]}\cdot{put_in[0]} = {self._tell(after)[0]}",
            f"{self._name[1]} := {self._tell(before)[1]} − {alpha[1]}·{put_in[1]} = {self._tell(after)[1]}",
        )


def digits_of(entry: Entry) -> int:
    """Return how many digits tell a parameter after the step from the same before it."""
    before, change = abs(entry.value), abs(entry.after - entry.value)
    needed = math.ceil(math.log10(before / change)) + 2 if 0 < change < before < math.inf else DIGITS
    return min(max(DIGITS, needed), MOST_DIGITS)


def told_apart(entry: Entry, value: float) -> str:
    """Return a value of a parameter with as many digits as tell it from the one before the step."""
    return numbers.number(value, digits_of(entry))


def _equal(name: Pair, value: float) -> Line:
    return Line(f"{name[0]} = {latex_number(value)}", f"{name[1]} = {number(value)}")


def _tex_factor(value: float) -> str:
    """Return a number as a factor: in brackets where it has a sign or a power of ten."""
    text = latex_number(value)
    return rf"\left({text}\right)" if value < 0 or "cdot" in text else text


def _factor(value: float) -> str:
    text = number(value)
    return f"({text})" if value < 0 else text


def _set(value: float) -> Pair:
    """Return a number that was set, without the zeros at its end; a power of ten alone where it is one."""
    text = numbers.short(value, DIGITS)
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text, text
    power = rf"10^{{{exponent.replace(numbers.MINUS, '-')}}}"
    return (power if mantissa == "1" else rf"{mantissa}\cdot {power}"), text
