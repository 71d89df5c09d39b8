"""An audit as text: its first line counts as people do, and what wraps stays under its column."""

from __future__ import annotations

import pytest

from boilover.audit.finding import Audit, Finding
from boilover.audit.table import render


def leak(column: str, *, read: bool = True) -> Finding:
    evidence = "In 99% of 1,204 tickets it is the last event to the minute " + "and so on " * 12
    return Finding(column, "attribute", "future time", evidence.strip(), "ticket '1'", {}, read, "Drop it")


@pytest.mark.parametrize(
    ("findings", "headline"),
    [
        ((), "1 column of 1 ticket: none knows the future"),
        ((leak("a"),), "1 column of 1 ticket: 1 knows the future (a); a model would see it"),
        ((leak("a", read=False),), "1 column of 1 ticket: 1 knows the future (a); no model sees it"),
        ((leak("a"), leak("b")), "1 column of 1 ticket: 2 know the future (a, b); a model would see them"),
        (
            (leak("a"), leak("b", read=False)),
            "1 column of 1 ticket: 2 know the future (a, b); a model would see a",
        ),
    ],
)
def test_the_first_line_counts_as_people_do(findings: tuple[Finding, ...], headline: str) -> None:
    assert render(Audit(1, ("a",), findings).to_dict()).splitlines()[0] == headline


def test_lines_that_wrap_stay_under_their_column() -> None:
    _, told = render(Audit(1, ("a",), (leak("a"),)).to_dict(), width=60).split("(future time)\n")
    body = told.splitlines()
    assert len(body) > 6
    assert all(line.startswith("  ") and not line.startswith("   ") for line in body)
