import base64
import hashlib
import re
import shutil
import subprocess
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from boilover.errors import UsageError
from boilover.evaluation.evaluate import evaluate
from boilover.model.saved import Manifest
from boilover.report import render_report, write_report
from boilover.report.words import number, percent, plain

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCRIPT = "<script>document.title='owned'</script>"
BREAKOUT = "\"'><img src=x onerror=\"document.title='owned'\">"
TURNED = "abc\u202edcba\u2066x"
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
    return evaluate(y, risk, np.arange(N), np.arange(N), ages, rounds=30, **options).to_dict()


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
    scores = scored(6)
    scores.loc[0, ["ticket_id", "reason_1", "reason_2"]] = [SCRIPT, BREAKOUT, TURNED]
    segments = {BREAKOUT: np.full(N, SCRIPT)}
    return render(
        scores=scores,
        flags=scores.head(1),
        evaluation=measured(segments=segments, baselines={SCRIPT: np.full(N, 0.1), BREAKOUT: None}),
        manifest=manifest(escalation={"any": [{"field": SCRIPT, "equals": TURNED}]}, fingerprint=BREAKOUT),
        title=f"</title>{SCRIPT}",
    )


EVALUATION = measured()


@pytest.mark.parametrize("make", [usual, hostile_page, lambda: render(scores=None, flags=None)])
def test_it_is_balanced_and_runs_and_loads_nothing(make: Any) -> None:
    text = make()
    page = Page(text)
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("iframe")
    for _, attributes in page.found:
        assert not {name for name in attributes if name.startswith("on") or name in ("style", "srcset")}
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for anchor in page.all("a"):
        assert str(anchor["href"])[1:] in ids
    assert len(page.all("img")) == 4
    for image in page.all("img"):
        kind, data = str(image["src"]).split(",")
        assert kind == "data:image/svg+xml;base64"
        svg = base64.b64decode(data).decode()
        assert not re.findall(r'(?:href|src)="(?!#)', svg)
        assert "url(" not in svg.replace("url(#", "")
        assert image["alt"]
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text


def test_the_policy_pins_the_styles() -> None:
    page = Page(usual())
    policy = next(meta for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    styles = page.text("style")
    assert len(styles) == 1
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_foreign_text_stays_text() -> None:
    text = hostile_page()
    assert SCRIPT not in text
    assert "<img src=x" not in text
    assert "\u202e" not in text
    assert "\u2066" not in text
    page = Page(text)
    isolated = page.text("bdi")
    assert {SCRIPT, BREAKOUT, "abc\ufffddcba\ufffdx"} <= set(isolated)
    assert page.text("title") == [f"</title>{SCRIPT}"]


def test_tables_have_captions_and_scopes_and_headings_descend() -> None:
    page = Page(usual())
    assert len(page.all("caption")) == len(page.all("table"))
    assert {str(head.get("scope")) for head in page.all("th")} == {"col", "row"}
    assert [tag for tag, _ in page.found if re.fullmatch("h[1-6]", tag)] == ["h1", *["h2"] * 7]
    assert page.all("html") == [{"lang": "en"}]


def test_the_verdict_tells_what_was_measured_and_whom_it_beats() -> None:
    text = " ".join(Page(usual()).text("p"))
    found, rate = EVALUATION["scores"]["model"]["average_precision"]["estimate"], EVALUATION["base_rate"]
    assert f"asked {N} times about {N} tickets, and {EVALUATION['positives']} times" in text
    assert f"average precision of {found:.3f}, where a random order gets the base rate of {rate:.3f}." in text
    strong = Page(usual()).text("strong")
    assert strong[0] == "It beats the base rate, age only and the 75 % SLA rule."
    assert "never a rating of an agent" in text


def test_a_model_that_has_not_earned_its_keep_says_so() -> None:
    rng = np.random.default_rng(0)
    page = Page(render(evaluation=measured(baselines={"age_only": rng.beta(1, 4, N), "sla_rule": None})))
    assert page.text("strong")[0] == "It does not beat age only beyond chance."
    assert "This model has not earned its keep:" in page.text("strong")
    assert any("Could not run on this log: 75 % SLA rule." in text for text in page.text("p"))
    assert "This model has not earned its keep:" not in Page(usual()).text("strong")
    alone = Page(render(evaluation=measured(baselines={})))
    assert alone.text("strong")[0] == "It was compared with no peer."


def test_figures_of_model_and_peers_with_intervals() -> None:
    cells = Page(usual()).text("td")
    for name in ("model", "age_only"):
        assert number(EVALUATION["scores"][name]["average_precision"]["estimate"]) in cells
    intervals = Page(usual()).text("span")
    low, high = (EVALUATION["scores"]["model"]["roc_auc"][part] for part in ("low", "high"))
    assert f"{low:.3f} to {high:.3f}" in intervals
    workload = EVALUATION["workloads"][3]
    assert "riskiest 11.8 % of points" in Page(usual()).text("th")
    assert percent(workload["recall"]) in cells
    assert f"{workload['precision'] / EVALUATION['base_rate']:.1f} ×" in cells


def test_tickets_by_rank_with_reasons_and_flags() -> None:
    shuffled = scored().sample(frac=1, random_state=0)
    page = Page(render(scores=shuffled))
    tickets = [text for text in page.text("bdi") if re.fullmatch(r"T\d{4}", text)]
    assert tickets == [f"T{row:04d}" for row in range(200)]
    rows = page.all("tr")
    assert sum(row.get("class") == "flagged" for row in rows) == 10
    assert page.text("span").count("flagged") == 10
    assert page.text("bdi").count("3 reopenings") == 200
    told = " ".join(" ".join(page.text("p")).split())
    assert (
        "As of 2026-03-02 06:00, UTC. 249 tickets have a risk; the first 200 are shown; 10 flagged; 1 could"
        in told
    )
    assert "90 %" in page.text("td")
    assert "45 %" in page.text("td")


def test_a_flag_belongs_to_a_moment() -> None:
    scores = scored(5)
    twice = pd.concat([scores, scores.assign(as_of=pd.Timestamp("2026-03-03T06:00Z"))], ignore_index=True)
    page = Page(render(scores=twice, flags=twice.tail(5).head(2)))
    assert page.text("span").count("flagged") == 2
    assert any("2026-03-02 06:00 to 2026-03-03 06:00" in text for text in page.text("p"))


def test_without_scores_flags_or_rows() -> None:
    assert "Tickets at risk" not in render(scores=None, flags=None)
    assert "flagged" not in " ".join(Page(render(flags=None)).text("p"))
    empty = Page(render(scores=scored().head(0), flags=scored().head(0)))
    assert any("0 tickets have a risk" in text for text in empty.text("p"))


def test_the_model_is_described() -> None:
    told = " ".join(Page(usual()).text("bdi"))
    for words in (
        "7d; also 24h",
        '{"any": [{"reopened": 2}]}',
        "2025-12-01 00:00",
        "stop from 2025-09-01",
        "abcdef0123",
    ):
        assert words in told
    assert "2, of which 1 categorical" in told
    assert "an escalated event in the log" in " ".join(
        Page(render(manifest=manifest(escalation={}))).text("bdi")
    )


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_outcomes_all_alike(label: float) -> None:
    rng = np.random.default_rng(0)
    found = evaluate(
        np.full(N, label), rng.random(N), np.arange(N), np.arange(N), np.ones(N), rounds=5,
        baselines={"age_only": rng.random(N)}, threshold=0.99999,
    )  # fmt: skip
    assert Page(render(evaluation=found.to_dict())).all("table")


def test_the_same_text_every_time_and_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    options: dict[str, Any] = {"scores": scored(), "flags": None, "manifest": manifest(), "title": "T\udcff"}
    write_report(path, evaluation=EVALUATION, **options)
    first = path.read_bytes()
    write_report(path, evaluation=EVALUATION, **options)
    assert path.read_bytes() == first
    assert len(first) < 300_000
    with pytest.raises(KeyError):
        write_report(path, evaluation={}, **options)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError, match="cannot write"):
        write_report(path / "below", evaluation=EVALUATION, **options)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("two\n lines\tand\u00a0more", "two lines and more"),
        ("\x00\x1b[2J", "\ufffd\ufffd[2J"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\u2028\u200f", "\ufffd"),
        ("x" * 1000, "x" * 199 + "…"),
        (None, "None"),
    ],
)
def test_plain(value: object, expected: str) -> None:
    assert plain(value) == expected


def test_numbers_and_shares() -> None:
    assert [number(value) for value in (None, 0.5, 0.001, -0.02, -0.00001, 0)] == [
        "–", "0.500", "0.0010", "−0.020", "0.000", "0.000"
    ]  # fmt: skip
    assert number(0.25, signed=True) == "+0.250"
    assert [percent(share) for share in (None, 0, 1, 0.43, 0.0996, 0.072, 0.0031)] == [
        "–", "0 %", "100 %", "43 %", "10 %", "7.2 %", "0.31 %"
    ]  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_renders_it_and_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(hostile_page(), encoding="utf-8")
    dom = browse(path, "--dump-dom")
    assert "<title>&lt;/title&gt;&lt;script&gt;" in dom
    assert len(Page(dom).all("img")) == 4
    for scheme, ground in (("1", (255, 255, 255)), ("0", (20, 23, 27))):
        shot = tmp_path / f"{scheme}.png"
        browse(path, f"--screenshot={shot}", f"--blink-settings=preferredColorScheme={scheme}")
        pixels = (imread(shot)[..., :3] * 255).round().astype(int)
        # The ground is set by the styles alone: the policy let them pass.
        assert tuple(pixels[5, 5]) == ground
        assert len(np.unique(pixels @ [65536, 256, 1])) > 50


def browse(path: Path, *options: str) -> str:
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--window-size=800,700",
        f"--user-data-dir={path.parent / 'profile'}", *options, path.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
