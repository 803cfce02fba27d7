"""The application without a screen: document, data, project files, the engine's process, the command line."""

__version__ = "0.1.0"
