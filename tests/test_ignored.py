"""What the documented commands write does not show up as something to commit."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WRITTEN = re.compile(r"(?:-o|--output|--report|--model)\s+([\w./-]+)")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
@pytest.mark.parametrize("page", ["README.md", "docs/own-desk.md"])
def test_what_the_commands_of_a_page_write_is_ignored(page: str) -> None:
    named = set(WRITTEN.findall((ROOT / page).read_text("utf-8"))) - {"models/demo"}
    # A pattern of a folder matches nothing that is not told to be one.
    named = {name if Path(name).suffix else f"{name}/" for name in named}
    assert len(named) > 3
    told = subprocess.run(
        ["git", "check-ignore", *sorted(named)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert named == set(told.stdout.split()), told.stderr
