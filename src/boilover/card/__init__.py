"""The model card: what a model predicts, what it learned from, how well it does, and what it is not for.

Follows Mitchell et al., Model Cards for Model Reporting (FAT* 2019). A saved model's folder holds it as ``CARD.md``.
It is told anew from the model whenever it is asked for: the file is for readers, and loading a model ignores it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boilover.card import figures, parts, render
from boilover.card.blocks import Section, Table
from boilover.words import spelled

if TYPE_CHECKING:
    from boilover.model.manifest import Manifest
    from boilover.model.saved import SavedModel

__all__ = ["Card", "Section", "Table", "card_beside_figures", "model_card"]


@dataclass(frozen=True)
class Card:
    """A title and sections of plain text; nothing in them is escaped, and words of the desk may be hostile."""

    title: str
    sections: tuple[Section, ...]

    def to_markdown(self) -> str:
        """Return the card as Markdown (GitHub's tables), a line feed at its end; foreign words are escaped."""
        return render.markdown(self.title, self.sections)

    def to_html(self, heading: int = 3) -> str:
        """Return the sections as an HTML fragment: ``<section class="card-part">`` of paragraphs, ``<dl>`` and tables.

        ``heading`` is the level of the sections' headings; the title is left to the page. All text is escaped; there
        is no style, script or link in it.
        """
        return render.html(self.sections, heading)


def model_card(saved: SavedModel, evaluation: Mapping[str, Any] | None = None) -> Card:
    """Return the card of a model: the same text for the same model, every time.

    ``evaluation`` is `Evaluation.to_dict()` on points after the training window; its figures then stand before those
    of the calibration slice, which the manifest holds and which are a little too good.
    """
    manifest = saved.manifest
    sections = _around(manifest, parts.made_of(saved), *figures.measured(manifest, evaluation))
    return Card(f"Model card: risk of escalation within {spelled(manifest.horizons[0])}", sections)


def card_beside_figures(manifest: Manifest, saved: SavedModel | None = None) -> Card:
    """Return the card of a model whose figures stand beside it; what it is made of is told of a ``saved`` one."""
    made_of = () if saved is None else (parts.made_of(saved),)
    return Card("What the model is", _around(manifest, *made_of))


def _around(manifest: Manifest, *between: Section) -> tuple[Section, ...]:
    return (
        parts.predicts(manifest),
        parts.learned_from(manifest),
        *between,
        parts.leaks(manifest),
        parts.limits(manifest),
        parts.MISUSE,
        parts.provenance(manifest),
    )
