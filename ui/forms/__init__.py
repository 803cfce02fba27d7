"""Forms made from declared settings: :class:`DeclaredForm` and the editors it is built from."""

from ui.forms.form import DeclaredForm

__all__ = ["DeclaredForm"]
