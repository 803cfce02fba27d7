"""What keeps a sound graph from being trained with these settings on so many rows: problems as data, as for shapes."""

from __future__ import annotations

from engine.graph import Graph
from engine.settings import TrainingSettings
from engine.shapes import Problem, infer_shapes


def training_problems(graph: Graph, settings: TrainingSettings, rows: int, validation_rows: int) -> tuple[Problem, ...]:
    """Return every problem between a graph, its settings and the number of rows of each split.

    Parameters
    ----------
    rows, validation_rows
        Examples in the training and in the validation split.
    """
    problems: list[Problem] = []
    size = min(settings.batch_size, rows)
    last = rows % size if size else 0
    on_the_way = set(infer_shapes(graph).order)
    for node in graph.nodes:
        least = 1 if node.layer.is_frozen or node.id not in on_the_way else node.layer.least_batch
        if least == 1 or not rows:
            continue
        if size < least:
            sentence = f"{node.name} needs batches of at least {least} rows, and a batch has {size}: enlarge the batch."
            problems.append(Problem(kind="batch", node=node.id, sentence=sentence))
        elif 0 < last < least:
            sentence = (
                f"{node.name} needs batches of at least {least} rows, and {rows:,} training rows in batches of "
                f"{size:,} leave a last one of {last}: choose another batch size."
            )
            problems.append(Problem(kind="batch", node=node.id, sentence=sentence))
    if settings.patience and not validation_rows:
        sentence = (
            "Patience watches the validation cost, and there are no validation rows: hold some rows out, or set "
            "patience to 0."
        )
        problems.append(Problem(kind="patience", sentence=sentence))
    return tuple(problems)
