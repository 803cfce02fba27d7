"""The list of a network's equations: one row a layer's heading or an equation, drawn as it comes into view."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QFrame, QListView, QMenu, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnstudio.equations import PHASE_TITLES, Formula, Phase, Section
from ui import theme, typeset

ROW, ROW_WITHOUT_SHAPES, HEADING = 54, 38, 30  # pixels of height
ROOT = 14  # more height for a root below a fraction's line
SHAPES = 16  # of the line of shapes below an equation
INDENT, RIGHT = 26, 10
BAR = 3  # width of the colored edge of a direction
ARROWS: dict[Phase, str] = {"forward": "→", "cost": "=", "backward": "←", "update": "↻"}
BACKWARD_SERIES = 2  # of the theme's series

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Row:
    """One row: a section's heading, where ``formula`` is None, or one of its equations."""

    section: Section
    formula: Formula | None

    @property
    def symbols(self) -> tuple[str, ...]:
        """The arrays that belong to the row: the equation's, or those of the whole section."""
        if self.formula is not None:
            return self.formula.symbols
        return tuple(dict.fromkeys(symbol for formula in self.section.formulas for symbol in formula.symbols))

    @property
    def spoken(self) -> str:
        """The row as it is read out."""
        phase = PHASE_TITLES[self.section.phase]
        if self.formula is None:
            note = f", {self.section.note}" if self.section.note else ""
            return f"{phase}: {self.section.title}{note}"
        shapes = f", {self.formula.shapes}" if self.formula.shapes else ""
        return f"{phase}: {self.formula.text}{shapes}"


def phase_color(phase: Phase) -> QColor:
    """Return the color of a direction; an arrow says the same."""
    if phase == "backward":
        return theme.series_color(BACKWARD_SERIES)
    return theme.tokens().color("accent" if phase == "forward" else "dim")


class EquationModel(QAbstractListModel):
    """The rows of all sections."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def show_sections(self, sections: tuple[Section, ...]) -> None:
        """Show other equations."""
        self.beginResetModel()
        self.rows = [Row(s, formula) for s in sections for formula in (None, *s.formulas)]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a row in words."""
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        return self.rows[index.row()].spoken


class EquationDelegate(QStyledItemDelegate):
    """Draws rows; an equation that has not been set yet stands there in plain characters until it is."""

    def __init__(self, model: EquationModel, setter: typeset.Setter, parent: QWidget) -> None:
        super().__init__(parent)
        self._model, self._setter = model, setter

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height of a row, which does not wait for its equation to be set."""
        formula = self._model.rows[index.row()].formula
        height = HEADING if formula is None else ROW if formula.shapes else ROW_WITHOUT_SHAPES
        return QSize(80, height + (ROOT if formula is not None and r"\sqrt" in formula.latex else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a row."""
        row, t = self._model.rows[index.row()], theme.tokens()
        area = QRectF(option.rect)  # type: ignore[attr-defined]
        state = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setClipRect(area)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, t.color("accent_wash"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, t.color("canvas"))
        painter.fillRect(QRectF(area.left(), area.top(), BAR, area.height()), phase_color(row.section.phase))
        if row.formula is None:
            self._paint_heading(painter, area, row.section)
        else:
            self._paint_equation(painter, area, row.formula)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(t.color("accent"))
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.restore()

    def _paint_heading(self, painter: QPainter, area: QRectF, section: Section) -> None:
        t = theme.tokens()
        font = theme.font(theme.BODY, theme.STRONG)
        painter.setFont(font)
        painter.setPen(phase_color(section.phase))
        text = area.adjusted(BAR + 7, 0, -RIGHT, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, ARROWS[section.phase])
        text.setLeft(area.left() + INDENT)
        painter.setPen(t.color("text"))
        metrics = QFontMetricsF(font)
        title = metrics.elidedText(section.title, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, title)
        text.setLeft(text.left() + metrics.horizontalAdvance(title) + 8)
        if section.note and text.width() > 0:
            small = theme.font(theme.SMALL)
            painter.setFont(small)
            painter.setPen(t.color("dim"))
            note = QFontMetricsF(small).elidedText(section.note, Qt.TextElideMode.ElideRight, text.width())
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, note)

    def _paint_equation(self, painter: QPainter, area: QRectF, formula: Formula) -> None:
        t = theme.tokens()
        text = area.adjusted(INDENT, 2, -RIGHT, -2)
        if formula.shapes:
            small = theme.font(theme.SMALL)
            painter.setFont(small)
            painter.setPen(t.color("dim"))
            below = QRectF(text.left(), text.bottom() - SHAPES, text.width(), SHAPES)
            shapes = QFontMetricsF(small).elidedText(formula.shapes, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, shapes)
            text.setBottom(below.top())
        try:
            if typeset.is_set(formula.latex):
                typeset.draw(painter, text, formula.latex, t.color("text"))
                return
            self._setter.ask(formula.latex)
        except ValueError:
            pass  # the plain characters stay
        painter.setFont(theme.font())
        painter.setPen(t.color("dim"))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, formula.text)


class EquationList(QListView):
    """The rows to scroll through; ``pointed`` carries the row that is hovered or has the focus, None for none."""

    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = EquationModel(self)
        self.setter = typeset.Setter(self)
        self.setModel(self._model)
        self.setItemDelegate(EquationDelegate(self._model, self.setter, self))
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(False)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Equations, layer by layer")
        self.setter.ready.connect(self.viewport().update)
        self.entered.connect(lambda index: self.pointed.emit(self._model.rows[index.row()]))
        self.customContextMenuRequested.connect(self._show_menu)
        theme.theme().changed.connect(self.viewport().update)

    @property
    def rows(self) -> list[Row]:
        """The rows shown."""
        return self._model.rows

    def show_sections(self, sections: tuple[Section, ...]) -> None:
        """Show other equations, at the same place of the list where it is still there."""
        place, current = self.verticalScrollBar().value(), self.currentIndex().row()
        self._model.show_sections(sections)
        self.verticalScrollBar().setValue(place)
        if 0 <= current < len(self._model.rows):
            self.setCurrentIndex(self._model.index(current))

    def current(self) -> Row | None:
        """Return the row that has the focus, if there is one."""
        index = self.currentIndex()
        return self._model.rows[index.row()] if index.isValid() else None

    def menu(self, row: Row) -> QMenu | None:
        """Return the menu that copies an equation; headings have none."""
        if row.formula is None:
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        typeset.add_copying(menu, row.formula.latex, row.formula.text)
        return menu

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Point at the row that the keyboard or a click has reached."""
        super().currentChanged(current, previous)
        if current.isValid() and self.hasFocus():
            self.pointed.emit(self._model.rows[current.row()])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the current equation as LaTeX by the usual keys; letters and Space are not for searching in the list."""
        row = self.current()
        if event.matches(QKeySequence.StandardKey.Copy) and row is not None and row.formula is not None:
            typeset.copy_text(row.formula.latex)
        elif event.text() and event.text().isprintable():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Point at the current row."""
        super().focusInEvent(event)
        row = self.current()
        if row is not None:
            self.pointed.emit(row)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Point at nothing any more."""
        super().focusOutEvent(event)
        self.pointed.emit(None)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at the row that has the focus again, or at nothing."""
        super().leaveEvent(event)
        self.pointed.emit(self.current() if self.hasFocus() else None)

    def _show_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        menu = self.menu(self._model.rows[index.row()]) if index.isValid() else None
        if menu is not None:
            menu.popup(self.viewport().mapToGlobal(place))
