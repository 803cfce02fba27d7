"""What is seen of a file before it is loaded: how it is written, what its columns hold, and what may be doubtful."""
