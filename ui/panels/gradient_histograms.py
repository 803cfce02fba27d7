"""How the gradients of each layer are distributed."""

from __future__ import annotations

from typing import ClassVar

from engine.snapshot import ProbeRequest
from ui.panels.ridges import RidgePanel


class GradientHistograms(RidgePanel):
    """One histogram of gradients a layer."""

    name: ClassVar[str] = "gradient_histograms"
    title: ClassVar[str] = "Gradients"
    hint: ClassVar[str] = "Here you will see how strongly each layer is told to change."
    quantity: ClassVar[str] = "gradients"
    values: ClassVar[str] = "gradients"
    series: ClassVar[int] = 2
    bottom_label = "gradient dW"

    def wanted(self) -> ProbeRequest:
        """Return what training should tell."""
        return ProbeRequest(gradients=True, boundary_resolution=1)
