"""What stands in docs/quality.md and README.md between two markers: sentences whose figures are those of the run."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality import automl, deep_synthesis, search, sentences, sequence, tables
from benchmarks.quality.context import LATER_SHARE, LEAST
from benchmarks.quality.drift import TOLERATED
from benchmarks.quality.tables import Result, percent

COMMAND = "python -m benchmarks.quality.run --document docs/quality.md --readme README.md"
MARKED = re.compile(r"(<!-- quality:begin -->\n).*?(<!-- quality:end -->)", re.DOTALL)


def to_page(results: Sequence[Result], sentiment: Mapping[str, Any]) -> str:
    """Return what stands between the markers of docs/quality.md."""
    return f"""\
Measured by `{COMMAND}`, which writes this
page but for what was tried. The logs are public and not part of this repository ([how to get them](cli.md):
`boilover datasets`).

The peers' libraries are optional: `pip install -r benchmarks/quality/requirements.txt` beside Boilover, and `--install`
makes the environment in which featuretools runs. What was measured is kept under `out/quality`, and measured again when
its log, its code or a pinned version changes; `--only` and `--fresh` name models.

Every ticket is asked at fixed ages while it is neither solved nor escalated: does it escalate within the horizon?
The log is cut at the 70 % quantile of all questions. Everyone learns from what came before and is asked what came
after; Boilover by its command line, `train` and `score --points`, and told nothing but the horizon. Intervals are
of 95 %, from a bootstrap over tickets; the best peer is the one of the highest average precision (AP) on the test
points themselves, which favours the peers. AP of a random order is the base rate. Bold differences are beyond
chance.

{tables.overview(results)}

{wrapped(sentences.lead(results))}

## Against each peer

† marks the peer that one would have chosen before, by the average precision on the latest training points. Where too
few tickets escalated to compare the peers, none is marked.

{tables.against(results)}

{wrapped(sentences.comparisons(results))}

## Every model

AP, AUC, recall among the 11.8 % of points with the highest risk, calibration error over ten bins of equal count
(ECE), and Brier skill against the base rate of the test points.

{chr(10).join(tables.everyone(result) + chr(10) for result in results)}
{wrapped(_allowed() + " " + sentences.synthesis(results))}

## Recall at 11.8 % workload

Montgomery, Reading and Damian (Requirements Engineering 2018) report a recall of 87.4 % with 11.8 % of the tickets to
look at, on 2.5 million tickets of one vendor. Here, with the same share to look at:

{tables.recalls(results)}

The two are not the same thing. Theirs is another log, proprietary, with another meaning of escalation, that nobody
can measure again; and, as far as the paper tells, tickets were split at random and described as they were at their
end. Here models are asked at moments long before the end, about the time to come, of tickets later than all they
learned from; a ticket is asked many times, and a question counts as missed where the escalation was found only at a
later one. The figure of the paper is a line for orientation, not one that these figures reach or fall short of.

## Calibration, and logs that do not hold still

A calibrated risk says how often such tickets escalated before. Where the rate moves between training and test no
calibration on the past can follow. The fourth column divides the rate of the test points by that of training points
of the same ages; a log holds still where its interval comes within {percent(TOLERATED, 0)} of 1.

{tables.drifts(results)}

{wrapped(sentences.calibration(results))}

## What the features add

AP with all features on offer (how many), and what it gains or loses without one family, or with few families alone;
measured through the package's functions with all else as in `train`, which of what is on offer leaves out the columns
that carry little. A dash: the log feeds no such feature. Intervals tell the chance that lies in the test tickets; what
lies in training is told by the second row, the lowest and the highest AP of all features with five seeds. A difference
within that span may come of either.

{tables.ablations(results)}

{wrapped(sentences.ablation(results))}

## Sentiment

Agreement of the default scorer, the lexicon of VADER, with the labels that people gave to sentences from software
projects. Macro-F1 is over the labels of the set; a sentence taken for another language than English is not scored,
and counts as neutral.

{sentences.sentiment_table(sentiment)}

{wrapped(_speed(sentiment))}

{sentences.words(results)}

## Time to train

Seconds of processor time on the rows of training: computing the features, Boilover's fit (which tunes, calibrates
and fits the linear partner), and plain LightGBM's, 200 rounds in its standard settings. The last columns are the
wall time of the commands, with the start of Python, reading and writing, on a machine busy with other work.

{tables.trainings(results)}
"""


def to_readme(results: Sequence[Result]) -> str:
    """Return what stands between the markers of README.md."""
    return f"""\
Trained on what came before 70 % of all questions, asked what came after; average precision / AUC / recall among the
11.8 % of points with the highest risk. Average precision of a random order is the base rate. The peers were tuned
on the same training points, in order of time.

{tables.main_peers(results)}

{wrapped(" ".join([sentences.lead(results), sentences.comparisons(results), sentences.calibration(results)]))}
[docs/quality.md](docs/quality.md) has all peers, the intervals and what each family of features adds;
`python -m benchmarks.quality.run` measures it all, on a folder of the public logs.
"""


def renew(path: Path, block: str) -> None:
    """Put a block between the markers of a file."""
    text = path.read_text("utf-8")
    if not MARKED.search(text):
        raise SystemExit(f"{path} has no quality:begin and quality:end")
    path.write_text(MARKED.sub(lambda found: found[1] + block + found[2], text), encoding="utf-8")


def wrapped(text: str) -> str:
    """Return a paragraph in lines of at most 118 characters."""
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False)


def _speed(sentiment: Mapping[str, Any]) -> str:
    return (
        f"It measures {sentiment['per_second']:,.0f} of these sentences ({sentiment['characters']:.0f} characters) a"
        " second of one core, all measures of a text included; `python -m benchmarks.speed --stages sentiment` compares"
        " its speed with the original's."
    )


def _allowed() -> str:
    return f"""\
What the peers were allowed: all read the same points and labels, and choose on the training points alone: they fit
on the earlier and compare average precision on the latest {percent(LATER_SHARE, 0)}, purged of outcomes that reach
into them, then fit the best on all. Logistic regression, LightGBM and XGBoost read aggregation encoding
(`encoding.py`: counts of every kind of event, last values, times since, calendar, attributes; as of the moment) and
try {search.TRIALS} settings each, the standard one among them, trees with early stopping; with fewer than {LEAST}
escalated tickets in either part the standard one stands. FLAML makes {automl.TRIALS} trials on the same encoding.
featuretools synthesises features for at most {deep_synthesis.MINUTES} min of processor time, for LightGBM tuned in
the same way; each question gets a copy of the events before it instead of a cutoff time. The GRU reads the raw
events in order, kind, value and time, with what was fixed at creation, in {len(sequence.SETTINGS)} settings, and
stops early. Nobody's probabilities but Boilover's are calibrated afterwards. The 75 % SLA rule needs service
levels."""
