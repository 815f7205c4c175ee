"""Goals and documents as Markdown."""

from pathlib import Path

import pytest

from d2m.benchmark.document import BulletList, Heading, Paragraph, Plot, Table, as_markdown
from d2m.benchmark.goals import Goal
from d2m.benchmark.tables import goals_table


@pytest.mark.parametrize(
    ("limits", "value", "reached", "target"),
    [
        ({"high": 0.22}, 0.22, True, "at most 0.22"),
        ({"high": 0.22}, 0.224, True, "at most 0.22"),
        ({"high": 0.22}, 0.226, False, "at most 0.22"),
        ({"low": 2.0}, 1.5, False, "at least 2.00"),
        ({"low": 0.97, "high": 1.03}, 1.0, True, "0.97 to 1.03"),
        ({"low": 0.97, "high": 1.03}, 1.2, False, "0.97 to 1.03"),
        ({"low": 0.97, "high": 1.03}, 0.9, False, "0.97 to 1.03"),
    ],
)
def test_a_goal(limits, value, reached, target):
    goal = Goal(title="t", level="high", value=value, **limits)
    assert goal.reached == reached
    assert goal.target == target


def test_goals_as_a_table():
    table = goals_table(
        [
            Goal(title="tempo right", level="auto", value=0.9, low=0.95, percent=True),
            Goal(title="size", level="", value=2.0, high=25.0, unit="MB"),
        ]
    )
    assert table.rows == (
        ("tempo right", "auto", "90.0 %", "at least 95.0 %", "missed"),
        ("size", "all", "2.00 MB", "at most 25.00 MB", "reached"),
    )


def test_a_document_as_markdown():
    blocks = [
        Heading(text="A & B", depth=1),
        Paragraph(text="x < y"),
        BulletList(items=("one", "two")),
        Plot(path=Path("a/b.png"), alt_text="bars"),
        Table(head=("", "n"), rows=(("a|b", "1"), ("c", "2"))),
    ]
    assert as_markdown(blocks) == (
        "# A & B\n\nx < y\n\n- one\n- two\n\n![bars](b.png)\n\n"
        "|  | n |\n| --- | ---: |\n| a\\|b | 1 |\n| c | 2 |\n"
    )
