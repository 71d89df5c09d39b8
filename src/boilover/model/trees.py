"""The boosted trees of a model: LightGBM's text, walked by `boilover.model.walk`, or by LightGBM where that must."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from boilover.history import Floats
from boilover.model.encoding import Matrix
from boilover.model.walk import Walk, read_walk
from boilover.model.walk_text import UnknownTreesError

if TYPE_CHECKING:
    import lightgbm


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees that predict log-odds from ``float32[n, n_features]``; the numbers are those of LightGBM."""

    text: str

    @property
    def n_features(self) -> int:
        """Columns that they read; raises `UnknownTreesError` where the text is no model at all."""
        return self.booster.num_feature() if self.walk is None else self.walk.n_features

    @cached_property
    def walk(self) -> Walk | None:
        """The trees as they are walked; None where only LightGBM can."""
        return read_walk(self.text)

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The trees as LightGBM holds them; its import takes seconds."""
        import lightgbm

        try:
            return lightgbm.Booster(model_str=self.text)
        except lightgbm.basic.LightGBMError as error:
            raise UnknownTreesError(f"is no LightGBM model: {error}") from error

    def margins(self, matrix: Matrix, threads: int) -> Floats:
        """Return the log-odds of each row, ``float64[n]``; 0 threads are all cores."""
        if self.walk is not None:
            return self.walk.margins(matrix, threads)
        from boilover.model import boosting

        return boosting.margins(self.booster, matrix, threads)

    def contributions(self, matrix: Matrix, threads: int) -> Floats:
        """Return exact additive contributions (TreeSHAP), ``float64[n, n_features + 1]``, the base value last.

        Lundberg, Erion, Lee: Consistent individualized feature attribution for tree ensembles, 2018.
        """
        found = None if self.walk is None else self.walk.contributions(matrix, threads)
        if found is None:
            found = self.booster.predict(matrix, pred_contrib=True, num_threads=threads)
        return found

    def path_attributions(self, matrix: Matrix, threads: int) -> Floats:
        """Return what each column changes along the paths of a row, in the form of `contributions`.

        Much faster than those. Where only LightGBM can predict, they are those, as it knows nothing else.
        """
        found = None if self.walk is None else self.walk.path_attributions(matrix, threads)
        return self.contributions(matrix, threads) if found is None else found
