"""The lesson beside the window: its text, its questions, what is to be done, and how far one has come."""
