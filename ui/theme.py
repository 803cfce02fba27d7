"""Colors, type and spacing of both themes, the style sheet made from them, and the switch between them."""

from __future__ import annotations

import importlib.resources
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import fontpkg_inter
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

RESOURCES = Path(str(importlib.resources.files("resources")))

Choice = Literal["system", "light", "dark"]

UNIT = 4  # pixels; every distance is a multiple
CONTROL_HEIGHT = 28
RADIUS = 6
CARD_RADIUS = 9
SMALL, BODY, TITLE, FIGURE = 10.5, 12.0, 13.0, 15.0  # type sizes in pixels at 100 %
NORMAL, STRONG = 400, 600  # type weights


@dataclass(frozen=True)
class Tokens:
    """The named colors of one theme, as ``#rrggbb``."""

    name: str
    window: str
    surface: str
    border: str
    text: str
    dim: str
    faint: str
    accent: str
    on_accent: str
    accent_wash: str
    canvas: str
    dots: str
    positive: str
    negative: str
    ok: str
    warn: str
    bad: str
    series: tuple[str, ...]

    def color(self, name: str, alpha: float = 1.0) -> QColor:
        """Return a named color, with an opacity from 0 to 1."""
        color = QColor(getattr(self, name))
        color.setAlphaF(alpha)
        return color


LIGHT = Tokens(
    name="light",
    window="#F3F5F8",
    surface="#FFFFFF",
    border="#E1E5EB",
    text="#1B2430",
    dim="#566173",
    faint="#667085",
    accent="#2F6FDE",
    on_accent="#FFFFFF",
    accent_wash="#E8F0FE",
    canvas="#FAFBFD",
    dots="#DCE1E8",
    positive="#0877BD",
    negative="#F08A1D",
    ok="#137A51",
    warn="#8A5A0B",
    bad="#C0353A",
    series=("#6B4FD8", "#0E8577", "#B0428F", "#7A5C2E", "#4A5568"),
)
DARK = Tokens(
    name="dark",
    window="#12161C",
    surface="#1A2029",
    border="#2A323E",
    text="#E6EBF2",
    dim="#A3AFBF",
    faint="#8793A4",
    accent="#7AA8FF",
    on_accent="#0E1420",
    accent_wash="#20304E",
    canvas="#0F1318",
    dots="#262E39",
    positive="#4FA8E8",
    negative="#F5A04A",
    ok="#45C08D",
    warn="#E0B050",
    bad="#F58080",
    series=("#A99BFF", "#3FC7B5", "#E08CCB", "#D3B27A", "#B8C2D0"),
)

# Layer families take series colors; blue and orange are kept for signs and the two classes.
FAMILY_SERIES = {"dense": 0, "activation": 1, "normalization": 3, "regularization": 2, "merge": 4, "data": 4}
TRAINING_SERIES, VALIDATION_SERIES, TEST_SERIES = 0, 1, 2


class _Theme(QObject):
    """The current theme; ``changed`` tells views that paint themselves to take its colors."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.choice: Choice = "system"
        self.tokens = LIGHT


_theme: _Theme | None = None


def theme() -> _Theme:
    """Return the one theme object of the process."""
    global _theme
    if _theme is None:
        _theme = _Theme()
    return _theme


def tokens() -> Tokens:
    """Return the colors in force."""
    return theme().tokens


def family_color(family: str) -> QColor:
    """Return the color of a layer family's edge."""
    return QColor(tokens().series[FAMILY_SERIES.get(family, 4)])


def series_color(index: int) -> QColor:
    """Return the color of a run, split or class; they repeat after five."""
    series = tokens().series
    return QColor(series[index % len(series)])


def class_color(index: int, count: int) -> QColor:
    """Return the color of class ``index`` of ``count``: blue and orange for two, series colors for more.

    The second five of ten classes have the same colors, halfway to the surface.
    """
    if count <= 2:
        return QColor(tokens().positive if index == 1 else tokens().negative)
    color = series_color(index)
    if index // len(tokens().series) % 2 == 0:
        return color
    pairs = zip(color.getRgb()[:3], QColor(tokens().surface).getRgb()[:3], strict=True)
    return QColor(*(round((one + other) / 2) for one, other in pairs))


def apply(app: QApplication, choice: Choice = "system") -> None:
    """Dress the application in a theme; ``"system"`` follows the desktop's own, also when that changes."""
    state = theme()
    state.choice = choice
    hints = QGuiApplication.styleHints()
    if not app.property("nnstudio_theme_follows"):
        app.setProperty("nnstudio_theme_follows", True)
        hints.colorSchemeChanged.connect(lambda _: state.choice == "system" and apply(app, "system"))
    dark = choice == "dark" or (choice == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
    state.tokens = DARK if dark else LIGHT
    app.setStyle("Fusion")
    app.setFont(font())
    app.setPalette(_palette(state.tokens))
    app.setStyleSheet(_style_sheet(state.tokens))
    state.changed.emit(state.tokens)


def apply_to_application(choice: Choice) -> None:
    """Dress the application that runs in another theme."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        apply(app, choice)


def font(size: float = BODY, weight: int = 400) -> QFont:
    """Return the program's type, Inter with tabular figures, or the system's own where it is missing."""
    made = QFont(_family())
    made.setPixelSize(round(size))
    made.setWeight(QFont.Weight(weight))
    if weight != NORMAL:
        # Inter is one variable font: Qt finds no bold face in it unless its axis is set.
        made.setVariableAxis(QFont.Tag("wght"), weight)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def strong(widget: QWidget) -> None:
    """Give a widget the heavier type; a style sheet's ``font-weight`` alone does not reach a variable font."""
    made = widget.font()
    made.setWeight(QFont.Weight(STRONG))
    made.setVariableAxis(QFont.Tag("wght"), STRONG)
    widget.setFont(made)


_family_name: str | None = None


def _family() -> str:
    global _family_name
    if _family_name is None:
        _family_name = QGuiApplication.font().family()
        for path in sorted((Path(fontpkg_inter.__file__).parent / "files").glob("Inter[[]*.ttf")):
            loaded = QFontDatabase.addApplicationFont(str(path))
            families = QFontDatabase.applicationFontFamilies(loaded) if loaded >= 0 else []
            if families:
                _family_name = families[0]
    return _family_name


def _palette(t: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for roles, color in (
        ((role.Window, role.AlternateBase, role.Button, role.ToolTipBase, role.Base), t.surface),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText), t.text),
        ((role.PlaceholderText,), t.faint),
        ((role.Highlight, role.Link), t.accent),
        ((role.HighlightedText,), t.on_accent),
        ((role.Mid, role.Dark, role.Midlight, role.Light, role.Shadow), t.border),
    ):
        for one in roles:
            palette.setColor(one, QColor(color))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(t.faint))
    return palette


def _style_sheet(t: Tokens) -> str:
    """Return the style sheet of ``resources/style.qss`` with this theme's colors and icons in place of its names."""
    values = {field.name: getattr(t, field.name) for field in fields(t) if field.name not in ("name", "series")}
    for icon in ("chevron", "chevron_up", "check"):
        values[icon] = f"url({(RESOURCES / 'icons' / f'{icon}-{t.name}.svg').as_posix()})"
    sheet = (RESOURCES / "style.qss").read_text(encoding="utf-8")
    # A lambda, so that a backslash in a path is not read as a group.
    return re.sub(r"@(\w+)", lambda found: values[found[1]] if found[1] in values else found[0], sheet)
