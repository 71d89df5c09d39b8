"""What a console shows of a result fits a few lines, and repeats no text of a ticket."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

import boilover
from boilover.measuring import Measured

EXPORT = Path(__file__).parents[1] / "data" / "samples" / "zendesk"
SOURCE = boilover.open_log(EXPORT)


def test_a_measured_model_is_shown_by_its_key_figures() -> None:
    y, risk = [0, 0, 1] * 10, [0.1, 0.2, 0.7] * 10
    evaluation = boilover.evaluate(y, risk, range(30), range(30), [1.0] * 30)
    told = "Evaluation(points=30, tickets=30, positives=10, base_rate=0.3333, average_precision=1, roc_auc=1)"
    assert repr(evaluation) == told
    notes = boilover.Annotations(boilover.History.from_log(SOURCE.log))
    points = boilover.fixed_ages(notes.history)
    measured = Measured(evaluation, points, np.array(y, dtype=float), np.array(risk), notes)
    assert repr(measured) == f"Measured(evaluation={told})"


def test_figures_of_a_desk_are_shown_by_how_many_there_are() -> None:
    told = repr(boilover.kpis(SOURCE.log, by="channel"))
    assert re.fullmatch(
        r"Kpis\(since='\S+Z', as_of='\S+Z', tickets=60, escalated=3, open=\d+, by=\['channel'\]\)", told
    )


def test_a_source_is_shown_without_its_rows() -> None:
    told = repr(SOURCE)
    assert "name='zendesk', format='zendesk'" in told
    assert "pyarrow" not in told


def test_a_log_is_shown_without_a_cell_of_it() -> None:
    told = repr(SOURCE.log)
    assert told.startswith(f"EventLog({len(SOURCE.log.events):,} events of ['ticket_id', ")
    assert (
        f" 60 tickets of ['ticket_id', {', '.join(map(repr, SOURCE.log.tickets.column_names[1:]))}]" in told
    )
    assert len(told) < 600
    assert SOURCE.log.tickets["ticket_id"][0].as_py() not in told
