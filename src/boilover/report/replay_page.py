"""The page of a replay of past nights."""

from __future__ import annotations

import numpy as np

from boilover.backtest import Replay
from boilover.backtest.rules import TITLES
from boilover.backtest.verdict import POLICY
from boilover.report import pages, replay_tickets, replayed
from boilover.report.drawing.bars import by_night, lead_times
from boilover.report.figures import Tile
from boilover.words import count, numbered, percent, spelled, with_interval

CONTENTS = (
    ("caught", "Figures"),
    ("threshold", "Threshold"),
    ("tickets", "Tickets"),
    ("lives", "Single tickets"),
    ("trainings", "Trainings"),
    ("replay", "What was replayed"),
    ("limits", "Limits"),
)


def render_replay(replay: Replay, *, title: str) -> str:
    """Return the page of `boilover.report.write_backtest_report`; equal arguments give equal text."""
    result = replay.result.to_dict()
    nights, missed = result["by_night"], result["counts"][POLICY]["missed"]
    leads = replay.tickets.loc[replay.tickets["caught"], "lead_hours"].to_numpy(np.float64)
    drawn = replay_tickets.lives(replay)
    return pages.render(
        "backtest.html.j2",
        kind="Backtest",
        title=title,
        under=(
            f"{numbered(result['nights'], 'night')}, {result['since'][:10]} to {result['until'][:10]},"
            f" a model trained anew every {spelled(result['retrain'])}"
        ),
        contents=[each for each in CONTENTS if each[0] != "lives" or drawn],
        tiles=_tiles(replay),
        verdict=replayed.verdict(result),
        warning=replayed.warning(result),
        unavailable=[TITLES[name] for name in result["unavailable"]],
        methods=replayed.methods(result),
        dial=replay_tickets.threshold_dial(replay),
        tickets=replay_tickets.tickets(replay),
        lives=drawn,
        drawings={
            "lead_times": lead_times(leads.tolist(), missed),
            "new": by_night(nights, "new", "new flags"),
            "standing": by_night(nights, "standing", "standing flags"),
            "open": by_night(nights, "open", "open tickets"),
        },
        trainings=replayed.trainings(result),
        facts_of_replay=replayed.facts(result),
    )


def _tiles(replay: Replay) -> list[Tile]:
    own, counts = replay.result.to_dict()["figures"][POLICY], replay.result.counts[POLICY]
    caught, bounds = with_interval(own["recall"], percent)
    chance = f"{percent(own['recall_by_chance']['estimate'])} if drawn at random"
    return [
        Tile("of escalations caught", caught, f"{bounds}; {chance}" if bounds else chance),
        Tile("caught at least a day ahead", *with_interval(own["recall_24h_ahead"], percent)),
        Tile(
            "of first flags right",
            percent(own["first_flag_precision"]["estimate"]),
            f"{counts.first_flags_right:,} of {counts.first_flags_known:,} whose outcome is known",
        ),
        Tile(
            "new flags a night",
            count(own["flags_a_night"]["estimate"]),
            f"flags stand on {percent(own['standing_share']['estimate'])} of the open tickets",
        ),
    ]
