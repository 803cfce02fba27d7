"""The rows of the computation graph: which value stands beside which derivative, and what each reads."""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.computation import Computation, Operation

PARAMETERS = (("W", "b"), ("gamma", "beta"))


@dataclass(frozen=True)
class Cell:
    """Arrays that are drawn side by side, and the operations (by number) that write them; none for what is given."""

    symbols: tuple[str, ...]
    makers: tuple[int, ...] = ()
    equation: str = ""


@dataclass(frozen=True)
class Row:
    """A value at the left, its derivative at the right where it has one."""

    value: Cell
    derivative: Cell | None = None
    node: str = ""


@dataclass(frozen=True)
class Wire:
    """What is read at one row and written at another."""

    source: int
    target: int
    backward: bool


def rows_of(computation: Computation) -> list[Row]:
    """Return the rows from the data down to the target, in the order of computation."""
    operations = computation.operations[:-1]
    derivatives: dict[str, list[int]] = {}
    for place, operation in enumerate(operations):
        if operation.backward:
            for symbol in operation.writes:
                derivatives.setdefault(symbol, []).append(place)
    rows = [Row(Cell(("X",)))]
    seen = {"X", "Y"}
    for place, operation in enumerate(operations):
        if operation.backward:
            continue
        rows += _parameter_rows(operation, seen, derivatives, operations)
        for symbol in operation.writes:
            if symbol not in seen:
                seen.add(symbol)
                rows.append(
                    Row(
                        Cell((symbol,), (place,), operation.equation),
                        _derivative((f"d{symbol}",), derivatives, operations),
                        operation.node,
                    )
                )
    rows.append(Row(Cell(("Y",))))
    paired = {symbol for row in rows if row.derivative is not None for symbol in row.derivative.symbols}
    for symbol, makers in derivatives.items():
        if symbol not in paired:
            operation = operations[makers[-1]]
            rows.append(Row(Cell((symbol,), tuple(makers), operation.equation), None, operation.node))
    return rows


def wires_of(rows: list[Row], computation: Computation) -> list[Wire]:
    """Return what flows from row to row: values downward, derivatives upward."""
    at = {symbol: place for place, row in enumerate(rows) for symbol in row.value.symbols}
    back = {s: place for place, row in enumerate(rows) if row.derivative is not None for s in row.derivative.symbols}
    wires: dict[Wire, None] = {}
    for operation in computation.operations[:-1]:
        for target in operation.writes:
            places = back if target in back else at
            for read in operation.reads:
                if read in back and target in back:
                    wires[Wire(back[read], back[target], True)] = None
                elif read in at and target in at and not operation.backward:
                    wires[Wire(at[read], places[target], False)] = None
    return [wire for wire in wires if wire.source != wire.target]


def _parameter_rows(
    operation: Operation, seen: set[str], derivatives: dict[str, list[int]], operations: tuple[Operation, ...]
) -> list[Row]:
    rows = []
    for names in PARAMETERS:
        symbols = tuple(f"{name}[{operation.level}]" for name in names)
        if symbols[0] in operation.reads and symbols[0] not in seen:
            seen.update(symbols)
            d = tuple(f"d{symbol}" for symbol in symbols)
            rows.append(Row(Cell(symbols), _derivative(d, derivatives, operations), operation.node))
    return rows


def _derivative(
    symbols: tuple[str, ...], derivatives: dict[str, list[int]], operations: tuple[Operation, ...]
) -> Cell | None:
    makers = tuple(sorted({place for symbol in symbols for place in derivatives.get(symbol, [])}))
    if not makers:
        return None
    equation = ", ".join(dict.fromkeys(operations[place].equation for place in makers))
    return Cell(symbols, makers, equation)
