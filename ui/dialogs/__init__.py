"""Dialogs: the few things that need a window of their own."""
