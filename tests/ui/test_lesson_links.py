"""The views of which lessons speak are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnstudio.lessons import LESSONS, lesson_path, read
from ui.panels import PANELS


def links() -> list[tuple[str, str]]:
    found = []
    for name in LESSONS:
        lesson = read(lesson_path(name))
        asked = [*lesson.head.views, *lesson.head.panels]
        asked += re.findall(r"view:(\w+)", lesson.text) + re.findall(r"open\((\w+)\)", lesson.text)
        asked += re.findall(r"did\(run_(\w+)\)", lesson.text)
        found += [(name, view) for view in asked]
    return found


@pytest.mark.parametrize(("lesson", "view"), sorted(set(links())))
def test_lessons_speak_of_views_that_there_are(lesson, view):
    assert view in PANELS


def test_every_view_is_named_for_those_who_write_lessons():
    text = (Path(__file__).parents[2] / "docs" / "lessons.md").read_text(encoding="utf-8")
    assert [name for name in PANELS if f"`{name}`" not in text] == []
