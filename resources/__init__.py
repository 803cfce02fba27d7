"""Icons, the style sheet and the sample tables; read through ``importlib.resources``."""
