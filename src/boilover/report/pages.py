"""What all pages share: templates, styles and scripts, and the policy that allows these and nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from boilover import __version__
from boilover.report.drawing.bars import meter
from boilover.words import ahead, number, percent, plain

SCRIPTS = ("scheme.js", "sort.js", "grid.js", "dial.js")
"""In the order in which they run."""


def render(template: str, **values: Any) -> str:
    """Return a page of one of the templates."""
    css, script = _text("style.css"), "".join(_text(name) for name in SCRIPTS)
    return (
        _environment()
        .get_template(template)
        .render(
            # Our own files: an escaped quote would break both what they say and their hash.
            css=Markup(css),
            script=Markup(script),
            csp=_policy(css, script),
            version=__version__,
            **values,
        )
    )


def _policy(css: str, script: str) -> str:
    """Return the content security policy: these styles and scripts, and nothing from anywhere."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(css)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text("utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("boilover.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(number=number, percent=percent, plain=plain, ahead=ahead)
    made.globals.update(meter=meter)
    return made
