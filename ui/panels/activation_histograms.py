"""How the activations of each layer are distributed."""

from __future__ import annotations

from typing import ClassVar

from engine.snapshot import ProbeRequest
from ui.panels.ridges import RidgePanel


class ActivationHistograms(RidgePanel):
    """One histogram of activations a layer."""

    name: ClassVar[str] = "activation_histograms"
    title: ClassVar[str] = "Activations"
    hint: ClassVar[str] = "Here you will see the activations of each layer move while it learns."
    quantity: ClassVar[str] = "activations"
    values: ClassVar[str] = "activations"
    series: ClassVar[int] = 1
    bottom_label = "activation a"

    def wanted(self) -> ProbeRequest:
        """Return what training should tell."""
        return ProbeRequest(activations=True, boundary_resolution=1)
