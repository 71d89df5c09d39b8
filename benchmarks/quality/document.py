"""The page docs/quality.md and the block of README.md: sentences whose figures are those of the run."""

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
TRIED = """\
## Tried, and not kept

Judged on other tasks than those of the table, but for two: earlier cuts of the same logs, other escalations in them,
and made-up desks. Kept is what pays on more than one log. Changes are of AP, relative, with the linear partner mixed
in, mean over the tasks named; single tasks swing by 5 % and more with the seed alone.

| tried | tasks | AP |
| --- | --- | --- |
| escalations soon after the horizon count in part: within 4 horizons; within 2, 4 and 8 | 10 | -1.7 %, -3.6 % |
| older training rows weigh less, half at half of the log | 10 | +0.3 %, better on 5 |
| twice as many ages to learn from | 6 | -2 % |
| three seeds averaged, three times the trees to score | 12 | trees alone +1 %, mixed less |
| the partner mixed in by slopes, by ranks, by probabilities | 12 | -0.6 %, -6 %, 0 |
| stopping by the loss after calibration; always 60 or 100 rounds | 6 | -2.5 %, -1.8 %, -1.7 % |
| twice the leaves, half the bagging, a quarter of the columns, five times the penalty | 3 | -1.2 % to -2.4 % |
| smoothed paths, a least hessian in a leaf | 3 | -0.3 %, +0.1 % |
| counts of values of fields that repeat (linear part alone) | 5 | +1.4 %, all of it on one log |
| lifts of the last step and of the last two (linear part alone) | 5 | -0.2 % |
| age against how long such tickets stay open (linear part alone) | 5 | +0.2 % |
| squares of numbers; numbers times age; a ticket's rows weigh less (linear part alone) | 5 | -4.6 %, -1.5 %, -2.2 % |
| words of the subject, learnt or as lifts | 5 | earlier cut of jdt_raised up to +30 %, its test points -3 %, else 0 |
| counts of each frequent value and the time since it, read by trees; by the linear part, too | 10, 7 | +0.6 %, -1.0 % |
| the last two steps as categories; their lifts; pace and usual course (in both parts) | 7 | -0.6 %, -0.4 %, -0.8 % |
| the peers' aggregation encoding read by trees beside all features | 10 | -0.2 % |
| trees of the aggregation encoding alone in place of these; averaged with them | 14 | +0.2 %, +2.2 % |
| flat, strongly shrunken trees (depth 5) in place of these; averaged with them | 7 | -1.6 %, 0 |
| categories one by one, the 25 most frequent, in place of sets of them | 8 | -0.9 % |
| trees that may not ask of the ticket and of its surroundings on one path | 7 | -0.3 % |
| trees that read nothing of the desk; nor of the backlogs of assignees and groups | 8 | -0.7 %, -0.2 % |
| a model of the threefold horizon mixed in, by a half; by a quarter | 8 | -8 %, -2.6 % |
| averaged with 60 trees that read the ticket's own course alone | 15 | +2.4 %, worse on 4; 5 of the table: -0.6 % |
| rounds by the slice and a belief in 100, give or take a factor of 1.6; 2.7; 7 | 9 | -0.7 %, -1.1 %, -1.6 %; \
trees alone +5.8 %, +4.4 %, +1.6 % |
| extremely randomised trees in place of these; averaged with them | 16 | -0.3 %, +0.1 %; trees alone +8 % on 9 |
| the same in place of these on cuts of the tasks to 30; 60; 120 escalated | 16, 14, 12 | +1.8 %, +1.0 %, +1.0 % |
| trees of two leaves; trees grown on top of the partner's scores; averaged with these | 9 | -3.2 %, -1.9 %, -0.4 % |
| hazards of thirds of the horizon, from a row for each; averaged with the risk at once | 10 | -1.5 %, 0 |
| a model of a third of the horizon mixed in, by a half; by a quarter | 10 | -4.9 %, -1.0 % |
| ranks of age, wait, events, hops among the open tickets: read by partner, trees, both | 9 | -0.3 %, -0.4 %, -0.7 % |
| the mean of plausible weights of the partner; twice the doubt of the usual one | 12 | +0.1 %, 0 |
| age alone in place of the model only where two standard errors say so | 16 | concerns two: +8 %, +4 % |
| the calibrator's slope shrunk by a tenth towards the base rate; at most 1 | 15 | Brier skill better on 8; on 6 |
| rows drawn for a tree by ticket, four fifths; half | 7 | -0.7 %, -0.6 % |
| trees that rank within a week (XE-NDCG) in place of these; three tenths of them mixed in | 16 | -3.1 %, -0.3 %; \
trees alone -15 % |
| a random forest averaged with these by 0.15; 0.3; 0.5 | 16 | +0.1 %, +0.1 %, -0.4 % |
| trees dropped while others grow (DART, a tenth at a time) in place of these; averaged | 8 | -2.1 %, -0.7 % |
| splits of rising columns penalised near the root; LightGBM's basic way of holding them | 8 | +0.8 %, +0.3 %; trees \
alone -0.8 %, +0.7 % |
| columns drawn anew for each split in place of these; averaged with them | 15 | -0.3 %, -0.1 % |
| at least 20; 50; 100 rounds; always 100 | 16 | 0, +0.1 %, 0, +0.1 % |
| the partner's usual weight an eighth more; an eighth less; a quarter less; never moved by the slice | 16 | -0.7 %, \
-1.6 %, -2.3 %, 0 |
| risk never lower for more hops, returns, reopens, raises, waits, late escalations: trees, partner, both | 16 | \
+0.2 %, +0.3 %, +0.5 %, worse on as many as before |
| weights of how often such tickets escalated drawn to 0.05 in place of 0 | 16 | -3.3 % |
| the partner's usual shrinkage half as strong, the belief in it wider | 16 | +0.7 %; on cuts to 30; 60; 120 escalated \
-0.4 %, -1.3 %, -0.5 % |
| only columns that carry 80 %; 90 %; 95 % of what moves the scores of a first model | 16, 15, 15 | -1.7 %, +0.9 %, \
+0.5 %; worse by up to 13 %, 7 %, 6 % |
| the same by what is computed together in place of columns, 90 %; 95 % | 15 | -2.1 %, -1.0 %; worse by up to 13 % |
| 95 % by what is computed together, 97 % of those by columns | 15 | 0; worse by up to 10 % |
| age and waits on a clock that runs by arrivals of that hour of the week: beside the usual; in their place | 8 \
| 0, +0.6 % |
| the first 50 trees ask of the ticket's own course and attributes alone, the others of everything | 18 | +0.9 % \
(standard error 0.6), worse on 7 |
| the same, with below 500 escalated the 25 most frequent categories one by one; and the partner's weight at most 0.5 \
| 19 | +1.3 % (1.0), worse on 5; +3.0 % (1.9), worse on 6 by up to 10 % |
| trees that read no rates of attributes; no desk; own course alone; latest three quarters of rows | 16 | -0.8 %, \
+0.1 %, -1.3 %, -0.2 % |
| weights of trees and partner by four later blocks, each asked of what came before it; with trees of the own course, \
and of these and rates, to weigh beside | 21 | +0.2 % (0.6); +1.0 % (1.4) |
| never falling back on age or the linear part | 20 | +1.6 % (1.7), all of it on one task |
| nothing chosen on a stopping slice of fewer than 150 escalated tickets | 21 | +1.3 % (0.9); -5 % on a task of 74 |
| small neural networks, two passes over the rows, averaged with these by 0.3; alone | 17 | +2.9 % (1.6), without one \
task +1.5 % (0.7), worse on 5; +0.7 % (2.6) |
| trees and partner taught what such networks say of tickets that they have not seen, for 0.4; 0.7 of each label | 11 \
| -0.2 % (1.3); -1.9 % (2.9), worse by up to 7 %; 18 % |

Kept: trees and partner never read it as a lower risk that such tickets escalated more often, by monotone constraints
and weights of at least 0. On 16 tasks AP gains 1.7 % in the mean and 0.6 % in the median, better on 10, worse on 6 by
at most 2 % but for one (-6 %); over three seeds 1.4 %. AUC is better on 14, Brier skill and calibration error on 9
each. Trees alone gain 3.7 %; the partner alone, on cuts of the tasks to 30, 60 and 120 escalated tickets, 2.0 %, 2.3 %
and 1.3 %, better on 12 of 16, 12 of 14 and 9 of 12. Age is now left alone on one task, before on two.

Kept: on a stopping slice of fewer than 50 escalated tickets nothing is chosen. It joins the rows to fit on; rounds,
weight and shrinkages are the usual ones, and all columns are kept. On the 13 tasks of such slices, with two seeds, AP
gains 2.2 % in the mean (standard error 1.3) and nothing in the median: better on 5, by up to 12 %, worse on 5, by at
most 2 %. Brier skill is better on 8, worse on 3. On cuts to 120 escalated tickets AP gains 0.3 % (0.5), and Brier skill
is better on 3, worse on 8; on cuts to 60, -0.2 % (0.2). Training takes a quarter less time.

Kept: a model falls back on age or on its linear part, and a search changes settings, where two standard errors say so,
before one. That concerns 13 of 113 models of the tasks and their cuts to 60 and 120 escalated tickets: AP +0.2 % (0.2),
better on 5 of 58, worse on 4. With one, a model changed its kind by chance.

Kept: the model reads the fewest columns that carry 97 % of what moves the scores of trees and partner on the stopping
slice, two thirds of them. On 15 tasks AP gains 0.2 % in the mean and nothing in the median: better on 7, worse on 5, by
at most 2 % but for one (-4 % over five seeds); on three the slice holds too little to say, and all are kept. Brier
skill is better on 5, worse on 6. On cuts to 120 escalated tickets AP gains 0.1 %; on cuts to 60 all are kept. What pays
is training, a tenth to a fifth shorter, and the night of a million tickets, a sixth to a fifth.

Kept: the partner is the mean of four shrinkages, weighted by how plausible the stopping slice finds them, around a
usual one three times as weak as before. On 16 tasks AP gains 6 % in the mean and 2.6 % in the median; it is better
on 10, worse on 5, by at most 2.1 % but for one where age is then left alone (-7 %). The Brier skill is better
on 9. The one shrinkage that the slice finds best gains 1.2 %. A wider belief (1.75 powers of ten in place of 0.7)
gains as much where a slice tells, but where none does, on cuts of the tasks with 30 and 60 escalated tickets, -0.1 %
and -1.4 % in place of +2.7 % and +0.9 %. A shrinkage with a share below 1 % is not fitted.

Kept: with fewer than 200 escalated tickets, trees read no column of more than 12 categories; the linear partner does.
Of eight tasks with at most 200, trees alone gained 6 % to 59 % in AP on five, from three logs, stood on one and lost
up to 10 % on two; mixed, +6 % in the mean. Of three tasks with more, they lost on two.

Kept: once the model has learnt from all rows, the calibrator's level moves until the mean risk of the calibration
slice is what was found there. Before, a rate that had moved was counted twice, by the calibrator and by the model. It
moves no rank. On 24 tasks the calibration error falls from 0.046 to 0.037 in the mean, better on 16, worse on 7 by at
most 0.008; Brier skill is better on 15, worse on 6 by at most 0.018, and gains 0.006 in the median. The level of all
training rows in place of that slice's: 0.034, but worse by up to 0.023 on one. Of the tasks of the table, uci_priority
gains (0.006 to 0.003); where the rate goes on falling, counting it twice had happened to foresee it (bpic13_line 0.087
to 0.132, uci_reassign2 0.012 to 0.031).

Kept: the calibrator hears each escalated ticket of its slice once, however many rows it has, and stays closer to the
scores as they are. It moves no rank. On 14 tasks the Brier skill is better on 10, the calibration error on 10, the
log-loss on 11; what it loses elsewhere is at most 0.008 of Brier skill.
"""
BLOCK = re.compile(r"(<!-- quality:begin -->\n).*?(<!-- quality:end -->)", re.DOTALL)


def to_document(results: Sequence[Result], sentiment: Mapping[str, Any]) -> str:
    """Return the page docs/quality.md."""
    return f"""\
# Quality

Measured by `{COMMAND}`, which writes this page. The logs are public and not part of this repository
([how to get them](cli.md): `boilover datasets`).

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

{TRIED}"""


def to_block(results: Sequence[Result]) -> str:
    """Return what stands between the markers of README.md."""
    return f"""\
Trained on what came before 70 % of all questions, asked what came after; average precision / AUC / recall among the
11.8 % of points with the highest risk. Average precision of a random order is the base rate. The peers were tuned
on the same training points, in order of time.

{tables.main_peers(results)}

{wrapped(sentences.lead(results) + " " + sentences.calibration(results))}
[docs/quality.md](docs/quality.md) has all peers, the intervals and what each family of features adds;
`python -m benchmarks.quality.run` measures it all, on a folder of the public logs.
"""


def renew_readme(path: Path, results: Sequence[Result]) -> None:
    """Put the block between the markers of a file."""
    text = path.read_text("utf-8")
    if not BLOCK.search(text):
        raise SystemExit(f"{path} has no quality:begin and quality:end")
    path.write_text(BLOCK.sub(lambda found: found[1] + to_block(results) + found[2], text), encoding="utf-8")


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
