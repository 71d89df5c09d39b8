"""What the model is, from its manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from boilover.model.manifest import Manifest

DEFAULT_RULE = "an escalated event in the log"


def of(manifest: Manifest) -> list[tuple[str, str]]:
    """Return name and value of each fact, in the order in which they are asked for."""
    first, *further = manifest.horizons
    split = manifest.split
    parts = [f"{name} from {_time(split[name])}" for name in ("stop", "calibrate") if name in split]
    return [
        ("Horizon", f"{first}; also {', '.join(further)}" if further else first),
        ("Escalated means", _rule(manifest.escalation)),
        ("Trained on", f"{_time(manifest.trained_from)} to {_time(manifest.trained_until)}, UTC"),
        ("Slices by time", "; ".join(["fit from the start", *parts])),
        ("Base rate in training", f"{manifest.base_rate:.4f}"),
        ("Features", f"{len(manifest.columns)}, of which {len(manifest.categories)} categorical"),
        ("Fingerprint of the log", manifest.fingerprint),
        ("Made", f"{_time(manifest.created_at)}, UTC, by Boilover {manifest.boilover_version}"),
        ("With", ", ".join(f"{name} {version}" for name, version in manifest.packages.items())),
    ]


def _rule(rule: Mapping[str, Any]) -> str:
    """Return the declared rule as its JSON, which is what the configuration holds; the default in words."""
    return json.dumps(rule, ensure_ascii=False) if rule else DEFAULT_RULE


def _time(moment: str) -> str:
    return moment[:16].replace("T", " ")
