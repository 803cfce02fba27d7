"""The window: views of the document and of the training stream, on PySide6 and pyqtgraph."""
