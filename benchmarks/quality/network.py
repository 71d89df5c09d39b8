"""A recurrent network over the events of a ticket, which is asked at any event and told the moment.

The state after an event depends on that event and those before it, so one pass over a ticket serves all of its points.
"""

from __future__ import annotations

import torch
from torch import nn

EMBEDDED = 24


class Network(nn.Module):
    """Embeds kind and value of each event, runs a GRU over them, and judges a state together with its moment."""

    def __init__(
        self, kinds: int, values: int, measures: int, moments: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.kind = nn.Embedding(kinds + 1, EMBEDDED)
        self.value = nn.Embedding(values + 1, EMBEDDED)
        self.gru = nn.GRU(2 * EMBEDDED + measures, hidden, batch_first=True)
        self.head = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(hidden + moments, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )

    def forward(
        self,
        kinds: torch.Tensor,
        values: torch.Tensor,
        measures: torch.Tensor,
        ticket: torch.Tensor,
        place: torch.Tensor,
        moments: torch.Tensor,
    ) -> torch.Tensor:
        """Return log-odds of the points.

        ``kinds``, ``values`` [tickets, events], ``measures`` [tickets, events, m]: padded at the end. ``ticket`` and
        ``place`` [points] name the state that a point is asked at, ``moments`` [points, n] what its moment tells.
        """
        states, _ = self.gru(torch.cat([self.kind(kinds), self.value(values), measures], dim=-1))
        return self.head(torch.cat([states[ticket, place], moments], dim=-1)).squeeze(-1)
