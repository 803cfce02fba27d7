"""Markdown with equations as a text document: ``$…$`` within a line, ``$$…$$`` on a line of its own."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QRectF, QRegularExpression, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextImageFormat,
)

from ui import theme, typeset

EQUATION = re.compile(r"\$\$(.+?)\$\$|\$([^\s$](?:[^$\n]*[^\s$])?)\$", re.DOTALL)
GAPS = re.compile(r"\\q?quad")
CODE = re.compile(r"`[^`\n]*`")
MARK = "\ue000{}\ue001"  # stands for an equation while the text is Markdown
MARKS = QRegularExpression("\ue000\\d+\ue001")
SIZE = 13.0  # pixels of an equation's letters, as of the text's
LINE_HEIGHT = 128.0  # percent
PARAGRAPH_GAP = 7.0
INDENT = 8.0  # of an equation on a line of its own
HEADING_SIZES = {1: theme.BODY + 4, 2: theme.BODY + 2, 3: theme.BODY + 1}


def show_markdown(document: QTextDocument, markdown: str, width: float, sharpness: float) -> None:
    """Show a text in the colors of the theme in force.

    Parameters
    ----------
    width
        Pixels of a line: an equation that is longer is made smaller.
    sharpness
        Pixels of the screen in one of these.
    """
    found: list[tuple[str, bool]] = []

    def keep(match: re.Match[str]) -> str:
        found.append(((match[1] or match[2]).strip(), match[1] is not None))
        mark = MARK.format(len(found) - 1)
        return f"\n\n{mark}\n\n" if match[1] is not None else mark

    document.setDefaultFont(theme.font())
    document.setMarkdown(_outside_code(markdown, keep), QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
    _dress(document)
    for latex, alone in found:
        _put_equation(document, latex, alone, width, sharpness)


def _outside_code(text: str, keep: object) -> str:
    """Replace equations, but for those that stand in code."""
    parts: list[str] = []
    at = 0
    for code in CODE.finditer(text):
        parts += [EQUATION.sub(keep, text[at : code.start()]), code[0]]  # type: ignore[call-overload]
        at = code.end()
    return "".join([*parts, EQUATION.sub(keep, text[at:])])  # type: ignore[call-overload]


def _dress(document: QTextDocument) -> None:
    """Give every block the theme's colors and distances."""
    colors = theme.tokens()
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        cursor.setPosition(block.position())
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        form = QTextBlockFormat()
        form.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        form.setBottomMargin(PARAGRAPH_GAP if block.textList() is None else PARAGRAPH_GAP / 2)
        form.setTopMargin(0)
        cursor.mergeBlockFormat(form)
        level = block.blockFormat().headingLevel()
        letters = QTextCharFormat()
        letters.setForeground(colors.color("text"))
        if level:
            letters.setFont(theme.font(HEADING_SIZES.get(level, theme.BODY), theme.STRONG))
        cursor.mergeCharFormat(letters)
        _dress_fragments(block, cursor, colors)
        block = block.next()


def _dress_fragments(block: object, cursor: QTextCursor, colors: theme.Tokens) -> None:
    """Color links and code within a block, and give strong words the weight that the program's letters have."""
    iterator = block.begin()  # type: ignore[attr-defined]
    spans = []
    while not iterator.atEnd():
        fragment = iterator.fragment()
        if fragment.isValid():
            form = fragment.charFormat()
            strong = form.fontWeight() > QFont.Weight.Medium and not block.blockFormat().headingLevel()  # type: ignore[attr-defined]
            spans.append((fragment.position(), fragment.length(), form.isAnchor(), form.fontFixedPitch(), strong))
        iterator += 1
    for position, length, is_link, is_code, is_strong in spans:
        if not (is_link or is_code or is_strong):
            continue
        cursor.setPosition(position)
        cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
        letters = QTextCharFormat()
        if is_strong:  # a variable font needs more than its weight
            letters.setFont(theme.font(theme.BODY, theme.STRONG))
        if is_link:
            letters.setForeground(colors.color("accent"))
            letters.setFontUnderline(True)
        elif is_code:
            letters.setBackground(colors.color("window"))
        cursor.mergeCharFormat(letters)


def _put_equation(document: QTextDocument, latex: str, alone: bool, width: float, sharpness: float) -> None:
    """Put an equation in its mark's place; one that is too long stands on several lines, broken at its wide gaps."""
    cursor = document.find(MARKS)
    if cursor.isNull():
        return
    try:
        parts = [latex]
        if alone and typeset.size_of(latex, SIZE).width() > width:
            parts = [part.strip().rstrip(",") for part in GAPS.split(latex) if part.strip()]
        for number, part in enumerate(parts):
            if number:
                cursor.insertText("\u2028")
            if alone:
                _insert_picture(document, cursor, part, width - INDENT, sharpness)
            else:
                _insert_picture(document, cursor, part, width, sharpness, _half_x(document))
    except ValueError:  # said as it was written: a lesson with a slip in it can be read all the same
        cursor.insertText(f"${latex}$")
    if alone:
        form = QTextBlockFormat()
        form.setLeftMargin(INDENT)
        form.setTopMargin(2)
        cursor.mergeBlockFormat(form)


def _half_x(document: QTextDocument) -> float:
    return QFontMetricsF(document.defaultFont()).xHeight() / 2


def _insert_picture(
    document: QTextDocument,
    cursor: QTextCursor,
    latex: str,
    width: float,
    sharpness: float,
    half_x: float | None = None,
) -> None:
    """Insert an equation; with ``half_x``, half the height of an x, it stands on the baseline of the text around it."""
    color, size = theme.tokens().color("text"), typeset.size_of(latex, SIZE)
    scale = min(1.0, width / size.width())
    top, down = 0.0, math.ceil(size.height() * scale)
    across = math.ceil(size.width() * scale)
    if half_x is not None:
        # Qt puts the middle of a picture a quarter of an x above the baseline: room above or below shifts it there.
        depth = typeset.depth_of(latex, SIZE) * scale
        height = size.height() * scale - depth
        down = math.ceil(2 * max(depth, height - half_x) + half_x)
        top = (down + half_x) / 2 - height
    picture = QImage(round(across * sharpness), round(down * sharpness), QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(sharpness)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    typeset.draw(painter, QRectF(0, top, across, size.height() * scale), latex, QColor(color), SIZE)
    painter.end()
    name = f"equation:{latex}/{color.name()}/{across}/{down}"
    document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(name), picture)
    image = QTextImageFormat()
    image.setName(name)
    image.setWidth(across)
    image.setHeight(down)
    image.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
    image.setToolTip(typeset.plain(latex))
    cursor.insertImage(image)
