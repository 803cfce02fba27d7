"""What can be looked at in a network while it trains: pure functions of a network and a few examples.

Large arrays are sampled, so that looking costs the same at every size.
"""

from __future__ import annotations

import numpy as np

from engine.dataset import Dataset
from engine.declared import name_of
from engine.emit import Array
from engine.feature_plane import extent, plane_points
from engine.layers import ActivationLayer, Dense, Input, Output
from engine.ledger import Ledger, ledger
from engine.metrics import threshold_of
from engine.network import Network
from engine.snapshot import Boundary, Histogram, LayerDetail, ProbeRequest, Probes, Worst
from engine.units import SATURATED_SHARE, STUCK_SLOPE, Units, units
from engine.walk import walk

LEAST_BINS, MOST_BINS = 8, 48
HISTOGRAM_SAMPLE = 8_192  # values: enough for a smooth picture
LOOK_EXAMPLES = 128  # examples over which activations are looked at
PICTURE_SIDE = 64  # cells: larger matrices are thinned to this many rows and columns
PREDICTION_BINS = 24
FARTHEST = 1e150  # values beyond are drawn at the edge: their squares would not be finite
MOST_WALKED = 64  # examples of one walk or ledger
MOST_LEDGERS = 4  # told at once
MOST_WORST = 256  # examples told of those with the largest losses


def histogram(values: Array) -> Histogram:
    """Return the histogram of a sample of the finite values; a few values get a few bins (Rice's rule)."""
    flat = values.reshape(-1)
    if flat.size > HISTOGRAM_SAMPLE:
        # A fixed stride, prime to the usual row lengths, so that the picture does not flicker from draw to draw.
        flat = flat[:: flat.size // HISTOGRAM_SAMPLE | 1]
    flat = np.clip(flat[np.isfinite(flat)].astype(np.float64), -FARTHEST, FARTHEST)
    if flat.size == 0:
        return Histogram(np.array([-1.0, 1.0]), np.zeros(1), float("nan"), float("nan"))
    low, high = float(flat.min()), float(flat.max())
    if high - low < 1e-9 * max(1.0, abs(low)):
        width = max(abs(low), 1.0) * 0.05
        low, high = low - width, high + width
    bins = int(np.clip(2.0 * flat.size ** (1 / 3), LEAST_BINS, MOST_BINS))
    scaled = (flat - low) * (bins / (high - low))
    counts = np.bincount(np.minimum(scaled.astype(np.int64), bins - 1), minlength=bins)
    return Histogram(np.linspace(low, high, bins + 1), counts, float(flat.mean()), float(flat.std()))


def probe(network: Network, examples: Dataset, request: ProbeRequest, step: int, data: Dataset | None = None) -> Probes:
    """Return what was asked for, at the network's present parameters; nothing of the training state is touched.

    Parameters
    ----------
    examples
        A few training examples (see :func:`looked_at`).
    request
        What to look at. Unknown nodes, features and rows are left out.
    data
        The training examples, of which a walk takes its rows.
    """
    weights: dict[str, Histogram] = {}
    gradients: dict[str, Histogram] = {}
    activations: dict[str, Histogram] = {}
    thumbnails: dict[str, Array] = {}
    if request.weights:
        weights = {node: histogram(w) for node, w in _weights(network, network.theta).items()}
    if request.gradients:
        gradients = {node: histogram(w) for node, w in _weights(network, _gradient(network, examples)).items()}
    if request.activations or request.thumbnails:
        values = _activations(network, examples)
        if request.activations:
            activations = {node: histogram(a) for node, a in values.items()}
        if request.thumbnails:
            thumbnails = {node: _thumbnail(network, node, a) for node, a in values.items()}
    boundary = None
    if request.boundary is not None and all(0 <= feature < network.n_features for feature in request.boundary):
        boundary = decision_grid(network, examples, request.boundary, request.boundary_resolution)
    detail = None
    if request.detail is not None and request.detail in network.shapes.order:
        detail = layer_detail(network, examples, request.detail)
    rows = [row for row in request.walk if data is not None and 0 <= row < len(data)][:MOST_WALKED]
    return Probes(
        step=step,
        weights=weights,
        activations=activations,
        gradients=gradients,
        thumbnails=thumbnails,
        boundary=boundary,
        detail=detail,
        walk=walk(network, data.rows(np.array(rows)), tuple(rows)) if rows and data is not None else None,
        z=z_histograms(network, examples) if request.z else {},
        worst=worst(network, data, min(request.worst, MOST_WORST)) if request.worst > 0 and data is not None else None,
        ledgers=_ledgers(network, data, request) if data is not None else {},
        units=_units(network, examples, request, data) if request.units and data is not None else None,
    )


def _units(network: Network, examples: Dataset, request: ProbeRequest, data: Dataset) -> Units | None:
    """Return a layer's units; the input's are the features themselves, and nothing is to be told of them."""
    node = request.units
    return units(network, examples, node, data, request.unit) if node and network.shapes.levels.get(node) else None


def _ledgers(network: Network, data: Dataset, request: ProbeRequest) -> dict[tuple[int, ...], Ledger]:
    told = {}
    for rows, windows in request.ledgers[:MOST_LEDGERS]:
        listed = tuple(row for row in rows if 0 <= row < len(data))[:MOST_WALKED]
        if listed:
            told[listed] = ledger(network, data.rows(np.array(listed)), listed, windows)
    return told


def looked_at(data: Dataset, count: int = LOOK_EXAMPLES) -> Dataset:
    """Return up to ``count`` examples, evenly spaced through the data."""
    rows = np.linspace(0, len(data) - 1, min(count, len(data))).astype(np.int64)
    return data.rows(rows)


def decision_grid(network: Network, examples: Dataset, features: tuple[int, int], resolution: int) -> Boundary:
    """Return the output over a grid of two features, the others at their mean over the examples."""
    first, second = features
    ranges = [extent(examples.X[:, feature]) for feature in features]
    grid = np.empty((resolution * resolution, network.n_features), network.dtype)
    grid[:] = examples.X.mean(axis=0)
    grid[:, first], grid[:, second] = plane_points(ranges[0], ranges[1], resolution, resolution)
    values = network.predict(grid).T.reshape(network.n_outputs, resolution, resolution)
    return Boundary((first, second), ranges[0], ranges[1], values)


def layer_detail(network: Network, examples: Dataset, node_id: str) -> LayerDetail:
    """Return one layer's matrices and norms, and how many of its units are stuck."""
    level = network.shapes.levels[node_id]
    layer = network.graph.node(node_id).layer
    program = network.look(examples)
    norms: dict[str, float] = {}
    weights = np.zeros((0, 0), network.dtype)
    theta = network.parameters.get(f"{node_id}.Theta")
    if theta is not None:
        weights = _thinned(theta[:, 1:])
        norms |= {f"W[{level}]": _norm(theta[:, 1:]), f"b[{level}]": _norm(theta[:, :1])}
        gradient = program.refs.get(f"dTheta[{level}]")  # none while the layer is frozen
        if gradient is not None:
            d_theta = gradient.array * program.share
            norms |= {f"dW[{level}]": _norm(d_theta[:, 1:]), f"db[{level}]": _norm(d_theta[:, :1])}
    for name, letter in (("gamma", "γ"), ("beta", "β"), ("mean", "μ"), ("variance", "σ²")):
        array = network.parameters.get(f"{node_id}.{name}")
        if array is not None:
            norms[f"{letter}[{level}]"] = _norm(array)
    norms[f"A[{level}]"] = _norm(program.values[node_id].array)
    z_ref = program.refs.get(f"Z[{level}]")
    z_histogram, saturated = None, 0
    if z_ref is not None and isinstance(layer, (Dense, Output)):
        norms[f"Z[{level}]"] = _norm(z_ref.array)
        z_histogram = histogram(z_ref.array)
        with np.errstate(all="ignore"):
            slope = np.abs(layer.activation.derivative(z_ref.array))
        saturated = int(np.count_nonzero((slope < STUCK_SLOPE).mean(axis=1) >= SATURATED_SHARE))
    return LayerDetail(
        node=node_id,
        weights=weights,
        norms=norms,
        saturated=saturated,
        units=network.shapes.units[node_id],
        z_histogram=z_histogram,
    )


def z_histograms(network: Network, examples: Dataset) -> dict[str, Histogram]:
    """Return the histogram of what each activation is applied to, by the node that applies it."""
    program = network.look(examples)
    found = {}
    for node_id in network.shapes.order:
        layer = network.graph.node(node_id).layer
        if isinstance(layer, (Dense, Output)):
            found[node_id] = histogram(program.refs[f"Z[{network.shapes.levels[node_id]}]"].array)
        elif isinstance(layer, ActivationLayer):
            found[node_id] = histogram(program.values[network.graph.inputs_of(node_id)[0]].array)
    return found


def worst(network: Network, data: Dataset, count: int) -> Worst:
    """Return the ``count`` examples with the largest losses; of equal losses the earlier row comes first.

    The examples pass chunk by chunk, and beside one chunk only the worst so far are kept.
    """
    activation, loss = name_of(network.output.activation), network.output.loss
    rows = np.zeros(0, np.int64)
    losses, outputs = np.zeros(0, network.dtype), np.zeros((0, network.n_outputs), network.dtype)
    for chunk, z, a in network.evaluate(data):
        with np.errstate(all="ignore"):
            new = loss.losses(activation, z, a, data.targets[chunk].T)
        losses = np.concatenate([losses, new])
        rows = np.concatenate([rows, np.arange(chunk.start, chunk.stop)])
        order = np.argsort(-np.where(np.isnan(losses), np.inf, losses), kind="stable")[:count]
        # Of the chunk's predictions only those that stay are copied.
        kept = order < len(outputs)
        merged = np.empty((len(order), network.n_outputs), network.dtype)
        merged[kept] = outputs[order[kept]]
        merged[~kept] = a.T[order[~kept] - len(outputs)]
        rows, losses, outputs = rows[order], losses[order], merged
    return Worst(rows, losses, outputs)


def _gradient(network: Network, examples: Dataset) -> Array:
    """Return the flat gradient of the last step, or, before the first one, of the examples looked at."""
    if network.gradient.any():
        return network.gradient * network.gradient_share
    flat = np.empty_like(network.learned)
    seen = network.gradients(examples.X, examples.Y)
    for key, view in network.slices(flat).items():
        view[...] = seen[key]
    return flat


def _weights(network: Network, flat: Array) -> dict[str, Array]:
    return {
        key.rpartition(".")[0]: array[:, 1:] for key, array in network.slices(flat).items() if key.endswith(".Theta")
    }


def _activations(network: Network, examples: Dataset) -> dict[str, Array]:
    program = network.program(len(examples), "inference")
    program.x[...] = examples.extended
    with np.errstate(all="ignore"):
        program.run("forward")
    return {
        node: ref.array for node, ref in program.values.items() if not isinstance(network.graph.node(node).layer, Input)
    }


def _thumbnail(network: Network, node_id: str, values: Array) -> Array:
    """Return the mean of each unit's values, or, for the output, counts of its values between their limits."""
    if node_id == network.graph.of_kind(Output)[0].id:
        finite = np.clip(values[np.isfinite(values)].astype(np.float64), -FARTHEST, FARTHEST)
        if network.task != "regression" and threshold_of(network.output) > 0:
            limits = (0.0, 1.0)
        else:
            low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
            least = max(abs(low), 1.0) * 1e-9  # bins of a width that numbers of this size can tell apart
            limits = (low, high) if high - low > least else (low - least, high + least)
        return np.histogram(finite, bins=PREDICTION_BINS, range=limits)[0].astype(np.float32)
    means = values.mean(axis=1)
    return np.asarray(means if len(means) <= PICTURE_SIDE else means[_even(len(means))])


def _thinned(matrix: Array) -> Array:
    rows, columns = matrix.shape
    return np.ascontiguousarray(matrix[np.ix_(_even(rows), _even(columns))])


def _even(count: int) -> Array:
    return np.linspace(0, count - 1, min(count, PICTURE_SIDE)).astype(np.int64)


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array.astype(np.float64)))
