"""How the weights of each layer are distributed."""

from __future__ import annotations

from typing import ClassVar

from engine.snapshot import ProbeRequest
from ui.panels.ridges import RidgePanel


class WeightHistograms(RidgePanel):
    """One histogram of weights a layer."""

    name: ClassVar[str] = "weight_histograms"
    title: ClassVar[str] = "Weights"
    hint: ClassVar[str] = "Here you will see the weights of each layer move while it learns."
    quantity: ClassVar[str] = "weights"
    values: ClassVar[str] = "weights"
    series: ClassVar[int] = 0
    bottom_label = "weight w"

    def wanted(self) -> ProbeRequest:
        """Return what training should tell."""
        return ProbeRequest(weights=True, boundary_resolution=1)
