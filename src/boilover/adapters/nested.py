"""Reach into nested JSON that may lack, or hold otherwise, anything at any level."""

from __future__ import annotations

from typing import Any


def dict_at(record: Any, *keys: str) -> dict[str, Any]:
    """Return the object under ``keys``, an empty one where there is none."""
    for key in keys:
        record = record.get(key) if isinstance(record, dict) else None
    return record if isinstance(record, dict) else {}


def dicts_at(record: Any, *keys: str) -> list[dict[str, Any]]:
    """Return the objects in the list under ``keys``; anything else in it is passed over."""
    held = dict_at(record, *keys[:-1]).get(keys[-1])
    return [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []


def text_at(record: Any, *keys: str) -> str:
    """Return the string under ``keys``, an empty one where there is none; a number as it is written."""
    held = dict_at(record, *keys[:-1]).get(keys[-1])
    return held if isinstance(held, str) else str(held) if type(held) in (int, float) else ""


def number_at(record: Any, *keys: str) -> float:
    """Return the number under ``keys``, 0 where there is none."""
    held = dict_at(record, *keys[:-1]).get(keys[-1])
    return held if isinstance(held, int | float) else 0
