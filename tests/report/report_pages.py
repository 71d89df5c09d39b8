"""Evaluations, scores and manifests that reports are made of, friendly and hostile; and a reader of pages."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd

from boilover.evaluation.evaluate import evaluate
from boilover.model.manifest import Manifest
from boilover.report import render_report

SCRIPT = "<script>document.title='owned'</script>"
BREAKOUT = "\"'><img src=x onerror=\"document.title='owned'\">"
ENDING = "</script><script>document.title='owned'</script>"
TURNED = "abc\u202edcba\u2066x"
LONG = "x" * 10_000
VOID = {"meta", "img", "link", "br", "hr", "input"}
N = 600


class Page(HTMLParser):
    """The elements of a page, after a check that every one that opens also closes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    def text(self, tag: str) -> list[str]:
        return [data for inside, data in self.texts if inside == tag]


def measured(**changed: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    risk = rng.beta(1, 4, N)
    options: dict[str, Any] = {
        "baselines": {"base_rate": np.full(N, 0.2), "age_only": rng.random(N), "sla_rule": rng.random(N)},
        "segments": {"channel": np.where(rng.random(N) > 0.5, "mail", "phone")},
        "threshold": 0.4,
        **changed,
    }
    y = (rng.random(N) < risk).astype(float)
    ages = rng.exponential(60, N)
    day = 86_400_000_000
    return evaluate(y, risk, np.arange(N) % 20 * day, np.arange(N), ages, rounds=30, **options).to_dict()


def scored(rows: int = 250) -> pd.DataFrame:
    risk = np.linspace(0.9, 0.001, rows)
    frame = pd.DataFrame(
        {
            "ticket_id": [f"T{row:04d}" for row in range(rows)],
            "as_of": pd.Timestamp("2026-03-02T06:00Z"),
            "risk": risk,
            "rank": pd.array(np.arange(1, rows + 1), dtype="Int64"),
            "risk_24h": risk / 2,
            "reason_1": "3 reopenings",
            "reason_2": "customer has waited 60 h for a reply",
            "reason_3": "",
            "note": "",
            "model": "7d-abc",
        }
    )
    frame.loc[rows - 1, ["risk", "risk_24h", "rank"]] = [np.nan, np.nan, pd.NA]
    return frame


def manifest(**changed: Any) -> Manifest:
    values: dict[str, Any] = {
        "boilover_version": "0.1.0",
        "created_at": "2026-01-02T03:04:05+00:00",
        "horizons": ("7d", "24h"),
        "columns": ("hours_since_created", "queue"),
        "categories": {"queue": ("a", "b")},
        "features": (),
        "escalation": {"any": [{"reopened": 2}]},
        "trained_from": "2025-01-01T00:00:00+00:00",
        "trained_until": "2025-12-01T00:00:00+00:00",
        "split": {
            "stop": "2025-09-01T00:00:00+00:00",
            "calibrate": "2025-10-15T00:00:00+00:00",
            "by": "time",
        },
        "base_rate": 0.2,
        "metrics": {},
        "fingerprint": "abcdef0123",
        "packages": {"lightgbm": "4.7.0"},
    }
    return Manifest(**{**values, **changed})


def render(**changed: Any) -> str:
    scores = scored()
    options = {
        "evaluation": EVALUATION,
        "scores": scores,
        "flags": scores.head(10),
        "manifest": manifest(),
        "title": "Tickets of the night",
    }
    return render_report(**{**options, **changed})


@cache
def usual() -> str:
    return render()


@cache
def hostile_page() -> str:
    scores = scored(80)
    scores.loc[0, ["ticket_id", "reason_1", "reason_2"]] = [SCRIPT, BREAKOUT, TURNED]
    scores.loc[1, ["ticket_id", "reason_1", "reason_2"]] = [BREAKOUT, ENDING, LONG]
    # Scripts alone show those of the second page.
    scores.loc[70, ["ticket_id", "reason_1", "reason_2"]] = [ENDING, SCRIPT, TURNED]
    segments = {BREAKOUT: np.full(N, SCRIPT)}
    return render(
        scores=scores,
        flags=scores.head(1),
        evaluation=measured(segments=segments, baselines={SCRIPT: np.full(N, 0.1), BREAKOUT: None}),
        manifest=manifest(escalation={"any": [{"field": SCRIPT, "equals": TURNED}]}, fingerprint=BREAKOUT),
        title=f"</title>{SCRIPT}",
    )


EVALUATION = measured()
