"""A desk for the unattended job: the sample export up to a moment, the demo's model, and a policy of triggers.

What the triggers find follows from the export alone, so a model that is trained anew changes no test.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "samples" / "desk_export.csv"
RECIPE = SAMPLE.with_suffix(".toml")
MODEL = ROOT / "models" / "demo"
ZONE = "Europe/Berlin"
POLICY = """
[threshold]
kind = "fixed"
risk = 1.0
[tiers]
warn = 0.5
[triggers.no_public_update]
hours = 12
[triggers.unresolved]
tier = "warn"
hours = { urgent = 72 }
otherwise = 96
[triggers.sla_used]
"""
MATRIX = """
[teams.Lead]
contact = "#lead"
capacity = 1
[teams.Second]
contact = "#second"
[[rows]]
tier = ["watch", "warn", "critical"]
team = "Lead"
response = "4h"
then = "Second"
[default]
team = "Second"
"""
CONFIG = f"""
sources = "export.csv"
recipe = "{RECIPE}"
log = "log"
model = "{MODEL}"
policy = "policy.toml"
ledger = "ledger.db"
explain = 2
[outputs]
scores = ["out/scores.csv", "out/scores.parquet"]
flags = ["out/flags.csv", "out/{{night}}.jsonl"]
"""


def make_desk(folder: Path, config: str = CONFIG, policy: str = POLICY) -> Path:
    """Write a configuration and a policy; return the configuration's file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    (folder / "nightly.toml").write_text(config, encoding="utf-8")
    return folder / "nightly.toml"


def export_until(file: Path, moment: str, *, tickets: tuple[str, ...] = ()) -> None:
    """Write the rows of the sample that were there at a moment, in UTC; of some tickets alone, if they are named."""
    with SAMPLE.open(encoding="utf-8", newline="") as sample:
        header, *rows = csv.reader(sample, delimiter=";")
    when = pd.to_datetime([row[2] for row in rows], format="%d.%m.%Y %H:%M:%S").tz_localize(ZONE)
    known = when <= pd.Timestamp(moment)
    with file.open("w", encoding="utf-8", newline="") as made:
        write = csv.writer(made, delimiter=";").writerow
        write(header)
        for row, there in zip(rows, known, strict=True):
            if there and (not tickets or row[1] in tickets):
                write(row)
