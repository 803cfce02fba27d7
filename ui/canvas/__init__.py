"""The canvas: the network as cards and wires, and the palette of layers."""
