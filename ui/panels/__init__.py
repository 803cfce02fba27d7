"""The live panels, one plot a file, and the registry by which the window finds them.

To add one: write its class in a file here and name it in :data:`PANELS` (``docs/panels.md``). A panel's file is
imported when its place in the window is first seen, so that the window need not wait for the plotting library.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.panels.base import Panel
    from ui.training_view_model import TrainingViewModel


@dataclass(frozen=True)
class PanelKind:
    """A panel by its title and the class it is made from, ``"file:Class"``; calling it makes one.

    An ``insight`` view is closed at the first start, and opens beside the inspector.
    """

    title: str
    place: str
    insight: bool = False

    def __call__(self, model: TrainingViewModel) -> Panel:
        """Import the panel's file and return a new panel on a model."""
        file, _, name = self.place.partition(":")
        made: Panel = getattr(importlib.import_module(f"ui.panels.{file}"), name)(model)
        return made


# In the order in which they stand at the first start.
PANELS: dict[str, PanelKind] = {
    "cost": PanelKind("Cost", "cost:CostPanel"),
    "weight_histograms": PanelKind("Weights", "weight_histograms:WeightHistograms"),
    "activation_histograms": PanelKind("Activations", "activation_histograms:ActivationHistograms"),
    "gradient_histograms": PanelKind("Gradients", "gradient_histograms:GradientHistograms"),
    "boundary": PanelKind("Boundary", "boundary:BoundaryPanel"),
    "metrics": PanelKind("Metrics", "metrics:MetricsPanel"),
    "data": PanelKind("Data", "data:DataPanel", insight=True),
    "units": PanelKind("Units", "units:UnitsPanel", insight=True),
    "lab_proof": PanelKind("Proof", "lab_proof:ProofPanel", insight=True),
    "lab_vectorization": PanelKind("Vectorization", "lab_vectorization:VectorizationPanel", insight=True),
    "lab_initialization": PanelKind("Initialization", "lab_initialization:InitializationPanel", insight=True),
    "lab_folds": PanelKind("Cross-validation", "lab_folds:FoldsPanel", insight=True),
    "lab_depth": PanelKind("Depth and width", "lab_depth:DepthPanel", insight=True),
    "lab_tuning": PanelKind("Hyperparameters", "lab_tuning:TuningPanel", insight=True),
    "computation": PanelKind("Computation", "computation:ComputationPanel", insight=True),
    "functions": PanelKind("Functions", "gallery:GalleryPanel", insight=True),
    "loss": PanelKind("Loss", "loss:LossPanel", insight=True),
    "descent": PanelKind("Gradient descent", "descent:DescentPanel", insight=True),
    "ledger": PanelKind("Ledger", "ledger:LedgerPanel", insight=True),
    "equations": PanelKind("Equations", "equations:EquationsPanel", insight=True),
}

__all__ = ["PANELS", "PanelKind"]
