"""The live panels, one plot a file, and the registry by which the window finds them.

To add one: write its class in a file here and name it in :data:`PANELS` (``docs/panels.md``).
"""

from ui.panels.activation_histograms import ActivationHistograms
from ui.panels.base import Panel
from ui.panels.boundary import BoundaryPanel
from ui.panels.cost import CostPanel
from ui.panels.gradient_histograms import GradientHistograms
from ui.panels.metrics import MetricsPanel
from ui.panels.weight_histograms import WeightHistograms

# In the order in which they stand at the first start.
PANELS: dict[str, type[Panel]] = {
    kind.name: kind
    for kind in (
        CostPanel,
        WeightHistograms,
        ActivationHistograms,
        GradientHistograms,
        BoundaryPanel,
        MetricsPanel,
    )
}

__all__ = ["PANELS", "Panel"]
