"""A sequence network as a peer: a GRU on the raw events, stopped early on the later training points.

Cho et al. 2014; Tax et al., Predictive business process monitoring with LSTM networks, CAiSE 2017.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from benchmarks.quality.context import THREADS, Answer, Context, Floats, Mask
from benchmarks.quality.encoding import HOUR, KINDS, attributes, kind_of, visible
from benchmarks.quality.figures import Ranking

if TYPE_CHECKING:
    import torch
    from benchmarks.quality.network import Network

SETTINGS = (
    {"hidden": 64, "dropout": 0.2, "rate": 2e-3},
    {"hidden": 32, "dropout": 0.4, "rate": 2e-3},
)
STEPS = 2000
"""Of the optimiser, at most, for a setting: a small log is gone through more often than a large one."""
EPOCHS = 25
PATIENCE = 4
"""Training stops after so many epochs without a higher average precision on the later points."""
BATCH = 64
"""Tickets."""
LONGEST = 200
"""Events of a ticket; a later point is asked at the state after so many."""
VALUES = 400
SEED = 0


@dataclass(frozen=True)
class Sequences:
    """Events of all tickets in one row, ``starts`` where a ticket's begin and, last, where all end; the points."""

    kinds: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    measures: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]
    ticket: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    moments: npt.NDArray[np.float32]
    y: Floats


def answer(context: Context) -> Answer:
    """Choose a network on the later training points, fit it on all for as many epochs, and answer the test points."""
    import torch

    torch.set_num_threads(THREADS)
    told = sequences(context)
    settings = SETTINGS if context.tells_settings_apart else SETTINGS[:1]
    trials = [{**setting, **_train(told, setting, *context.slices)[1]} for setting in settings]
    chosen = max(trials, key=lambda each: each["ap"])
    network, _ = _train(told, chosen, context.past, None)
    return Answer(risks(network, told, context.test), {"chosen": chosen, "trials": len(trials)})


def sequences(context: Context) -> Sequences:
    """Return events and points as numbers; words are known from the training log alone."""
    case = context.case
    events = case.events.sort_values(["ticket_id", "seen"], kind="stable", ignore_index=True)
    known = (events["seen"] <= case.cut).to_numpy()
    lo, hi = visible(events, case.points)
    kind = kind_of(events)
    value = kind + "=" + (events["value"].fillna("") if "value" in events else "")
    ids = events["ticket_id"]
    starts = np.flatnonzero((ids != ids.shift()).to_numpy())
    seen = events["seen"].dt.as_unit("us").astype("int64").to_numpy() / 3.6e9
    first = np.repeat(starts, np.diff(np.r_[starts, len(events)]))
    gap = np.diff(seen, prepend=seen[:1])
    gap[starts] = 0.0
    clock = 2 * np.pi * events["seen"].dt.hour.to_numpy() / 24
    measures = [np.log1p(gap), np.log1p(np.maximum(seen - seen[first], 0)) / 5, np.sin(clock), np.cos(clock)]
    points = case.points
    since = [
        (points["as_of"] - events["seen"].take(rows).array) / HOUR for rows in (lo, np.maximum(hi - 1, lo))
    ]
    turn = 2 * np.pi * points["as_of"].dt.hour / 24
    week = 2 * np.pi * points["as_of"].dt.day_of_week / 7
    columns = [np.log1p(np.maximum(each, 0)) / 5 for each in since]
    columns += [f(angle) for f in (np.sin, np.cos) for angle in (turn, week)]
    moments = np.hstack([np.column_stack(columns), *attributes(case)])
    return Sequences(
        _codes(kind, known, KINDS),
        _codes(value, known, VALUES),
        np.column_stack(measures).astype(np.float32),
        np.r_[starts, len(events)],
        np.searchsorted(starts, lo),
        np.clip(hi - lo - 1, 0, LONGEST - 1),
        moments.astype(np.float32),
        context.y,
    )


def risks(network: Network, told: Sequences, asked: Mask) -> Floats:
    """Return the probability of the points asked, in their order."""
    import torch

    network.eval()
    found = np.full(len(told.y), np.nan)
    with torch.no_grad():
        for rows, tensors in _batches(told, asked, None):
            found[rows] = torch.sigmoid(network(*tensors)).double().numpy()
    return found[asked]


def _train(
    told: Sequences, setting: dict[str, Any], learnt: Mask, later: Mask | None
) -> tuple[Network, dict[str, float]]:
    """Fit a network; where there are later points, stop on their average precision."""
    import torch
    from benchmarks.quality.network import Network

    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    widths = (KINDS, VALUES, told.measures.shape[1], told.moments.shape[1])
    network = Network(*widths, setting["hidden"], setting["dropout"])
    optimiser = torch.optim.Adam(network.parameters(), lr=setting["rate"], weight_decay=1e-5)
    best: dict[str, float] = {"ap": -1.0, "epochs": 0}
    state = network.state_dict()
    for epoch in range(1, int(setting.get("epochs", _most_epochs(told, learnt))) + 1):
        network.train()
        for rows, tensors in _batches(told, learnt, rng):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                network(*tensors), torch.from_numpy(told.y[rows]).float()
            )
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
        if later is not None:
            y = told.y[later]
            ap = Ranking.of(y, risks(network, told, later)).average_precision(np.ones(len(y)))
            if ap > best["ap"]:
                best, state = {"ap": ap, "epochs": epoch}, copy.deepcopy(network.state_dict())
            elif epoch - best["epochs"] >= PATIENCE:
                break
    if later is not None:
        network.load_state_dict(state)
    return network, best


def _most_epochs(told: Sequences, learnt: Mask) -> int:
    steps = int(np.ceil(len(np.unique(told.ticket[learnt])) / BATCH))
    return int(np.clip(STEPS // steps, 1, EPOCHS))


def _batches(
    told: Sequences, asked: Mask, rng: np.random.Generator | None
) -> Iterator[tuple[npt.NDArray[np.int64], tuple[torch.Tensor, ...]]]:
    """Yield points, and the tensors of `Network.forward`, some tickets at a time: of like length, in random order."""
    import torch

    rows = np.flatnonzero(asked)
    rows = rows[np.argsort(told.ticket[rows], kind="stable")]
    tickets, first = np.unique(told.ticket[rows], return_index=True)
    ends = np.r_[first[1:], len(rows)]
    length = np.minimum(np.diff(told.starts)[tickets], LONGEST)
    order = np.argsort(length, kind="stable")
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    for batch in batches if rng is None else [batches[place] for place in rng.permutation(len(batches))]:
        mine = np.concatenate([rows[first[each] : ends[each]] for each in batch])
        local = np.repeat(np.arange(len(batch)), ends[batch] - first[batch])
        longest = int(told.place[mine].max()) + 1
        begins = told.starts[tickets[batch]]
        grid = np.minimum(begins[:, None] + np.arange(longest), told.starts[tickets[batch] + 1][:, None] - 1)
        arrays = (
            told.kinds[grid],
            told.words[grid],
            told.measures[grid],
            local,
            told.place[mine],
            told.moments[mine],
        )
        yield mine, tuple(torch.from_numpy(each) for each in arrays)


def _codes(words: pd.Series, known: Mask, most: int) -> npt.NDArray[np.int64]:
    """Return numbers of the most frequent words, 0 for all others."""
    often = words[known].value_counts().index[:most]
    return (often.get_indexer(pd.Index(words)) + 1).astype(np.int64)
