"""Find what happened in the rows of a table: changes between states, and rows that say it themselves.

Both give the same *steps*, one row per event to be: ``row`` (position among the sorted rows), ``step`` (order
among the events of one row), ``target`` (part of the state, or missing), ``event_type``, ``value``,
``raw_value``, ``old``, ``number``, ``text``, ``is_public``, ``repeat`` and ``hidden``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.adapters.base import Tally
from boilover.adapters.rules import Emit, Rule
from boilover.adapters.table_mapping import TableMapping
from boilover.adapters.words import TARGETS
from boilover.schema import STATUSES

Flags = npt.NDArray[np.bool_]


def state_steps(
    rows: pd.DataFrame, is_first: Flags, mapping: TableMapping, tally: Tally
) -> list[pd.DataFrame]:
    """Compare each row with the one before it in its ticket, column by column; a first row sets the state."""
    steps = []
    targets = [*mapping.state.items(), *mapping.counters.items()]
    for step, (target, column) in enumerate(targets):
        raw = rows[column]
        value = normalise(target, raw, mapping, tally)
        if target == "status" or target in mapping.carried:
            value, raw = _carry(value, is_first), _carry(raw.where(value.notna()), is_first)
        codes = pd.factorize(value)[0]
        changed = np.ones(len(rows), dtype=bool)
        changed[1:] = codes[1:] != codes[:-1]
        at = np.flatnonzero((changed | is_first) & ~(is_first & (codes < 0)))
        number = (
            pd.to_numeric(value.iloc[at], errors="coerce").to_numpy()
            if target in mapping.counters
            else np.nan
        )
        steps.append(state_block(at, step, target, value.iloc[at], raw.iloc[at], number=number))
    return steps


def rule_steps(rows: pd.DataFrame, mapping: TableMapping, tally: Tally) -> list[pd.DataFrame]:
    """Give each row to the first rule that fits it; rows that none fits are counted as unknown."""
    steps: list[pd.DataFrame] = []
    free = np.ones(len(rows), dtype=bool)
    for rule in mapping.rules:
        at = np.flatnonzero(free & _fits(rows, rule))
        free[at] = False
        if rule.ignore is not None:
            tally.note(rule.ignore, len(at))
        for number, emit in enumerate(rule.emit, start=len(mapping.state) + len(mapping.counters)):
            steps += _emitted(rows.iloc[at], at, number, emit, mapping, tally)
    if mapping.rules and free.any():
        asked = sorted({column for rule in mapping.rules for column in rule.when})
        words = rows.loc[free, asked].fillna("").agg(" / ".join, axis=1)
        tally.meet("row", words)
        if mapping.shape == "events":
            tally.drop("no rule fits", int(free.sum()), words.iloc[0])
    return steps


def normalise(target: str, raw: pd.Series, mapping: TableMapping, tally: Tally) -> pd.Series:
    """Return ``raw`` in the vocabulary of ``target``; an unknown status becomes missing and is counted."""
    if target == "status":
        words = {**{status: status for status in STATUSES}, **_folded(mapping.statuses)}
        value = _translate(raw, words)
        tally.meet("status", raw[value.isna() & raw.notna()])
        tally.note("rows whose status tells nothing", int((value == "").sum()))
        return value.mask(value == "")
    if target == "priority" and mapping.priorities:
        words = _folded(mapping.priorities)
        value = _translate(raw, words)
        tally.meet("priority", raw[value.isna() & raw.notna()])
        return value.fillna(raw).fillna(words[""]) if "" in words else value.fillna(raw)
    return raw


def _folded(words: dict[str, str]) -> dict[str, str]:
    return {word.strip().casefold(): value for word, value in words.items()}


def _translate(raw: pd.Series, words: dict[str, str]) -> pd.Series:
    """Look each distinct word up once, whatever its case and surrounding blanks."""
    known = raw.dropna().unique()
    return raw.map({word: words.get(word.strip().casefold()) for word in known}).astype("str")


def _carry(values: pd.Series, is_first: Flags) -> pd.Series:
    """Fill missing values with the last one before it in the same ticket."""
    return values.groupby(np.cumsum(is_first)).ffill()


def _fits(rows: pd.DataFrame, rule: Rule) -> Flags:
    fits = np.ones(len(rows), dtype=bool)
    for column, words in rule.when.items():
        fits &= rows[column].isin([words] if isinstance(words, str) else list(words)).to_numpy()
    return fits


def _emitted(
    rows: pd.DataFrame, at: npt.NDArray[np.intp], step: int, emit: Emit, mapping: TableMapping, tally: Tally
) -> list[pd.DataFrame]:
    """Return the steps of one emit, split where the field is named by a column."""
    if not len(rows):
        return []
    constant = pd.Series(emit.constant, index=rows.index, dtype="str")
    raw = rows[emit.value] if emit.value is not None else constant
    target: str | pd.Series | None = emit.target
    if emit.target_from is not None:
        target = rows[emit.target_from]
    value = normalise(emit.target, raw, mapping, tally) if emit.target is not None else raw
    block = state_block(at, step, target, value, raw)
    block["event_type"] = emit.event_type or block["event_type"]
    if emit.old is not None:
        block["old"] = rows[emit.old].array
    if emit.number is not None:
        block["number"] = pd.to_numeric(rows[emit.number], errors="coerce").to_numpy()
    if emit.text is not None:
        block["text"] = rows[emit.text].array
    block["is_public"] = pd.array([emit.public] * len(block), dtype="boolean")
    block["repeat"], block["hidden"] = emit.repeat or emit.event_type is not None, emit.hidden
    if emit.target == "status":
        block = block[block["value"].notna()]
    return [block]


def state_block(
    at: npt.NDArray[np.intp],
    step: int,
    target: str | pd.Series | None,
    value: pd.Series,
    raw: pd.Series,
    *,
    number: float | npt.NDArray[np.float64] = np.nan,
) -> pd.DataFrame:
    """Return steps that set ``target`` to ``value`` at the rows ``at``."""
    names = target.array if isinstance(target, pd.Series) else [target] * len(at)
    targets = pd.Series(names, dtype="str")
    empty = pd.Series(None, index=targets.index, dtype="str")
    same = (value == raw).to_numpy(dtype=bool, na_value=False)
    return pd.DataFrame(
        {
            "row": at,
            "step": step,
            "target": targets,
            "event_type": targets.map(TARGETS).fillna("field_changed").astype("str"),
            "value": value.array,
            "raw_value": raw.mask(same).array,
            "old": empty,
            "number": number,
            "text": empty,
            "is_public": pd.array([None] * len(at), dtype="boolean"),
            "repeat": False,
            "hidden": False,
        }
    )
