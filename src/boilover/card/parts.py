"""The sections of a card that tell what the model is and what it is not for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from boilover.card.blocks import Section, Table
from boilover.escalation.rule import EscalationRule
from boilover.escalation.words import AT_RISK, rule_in_words
from boilover.features.families import FAMILIES
from boilover.words import spelled

if TYPE_CHECKING:
    from boilover.model.fitted import Fitted
    from boilover.model.manifest import Manifest
    from boilover.model.saved import SavedModel

FAMILY = {feature.name: family for family, features in FAMILIES.items() for feature in features}
OTHERS = {
    "ticket_": "attributes of the ticket",
    "field_": "fields that change",
    "count_field_changed_": "fields that change",
    "count_status_changed_": "single statuses",
    "count_event_": "types of event of this desk",
    "hours_since_event_": "types of event of this desk",
}
"""Family of a column that the log brings, by how its name begins."""
ASKED = (
    "A point is asked of a ticket that exists, {}, and has not escalated yet. The label is 1 where the first"
    " escalation falls in (as of, as of + horizon], 0 where the log covers that span without one; a point whose span"
    " the log does not cover is left out."
)
POINT_IN_TIME = (
    "A feature reads events observed at or before its moment, and nothing else; the label reads the complement. Rates"
    " of customers, queues and owners count outcomes that were known by then. What can change later is an event, so"
    " that no present state of a ticket is read into its past."
)
AUDIT = "An import can still bring a column that was filled in afterwards: ‘boilover audit’ names those."
AGENTS = (
    "Scores are about tickets. They are never a rating of an agent or a team: whoever takes the hard tickets has the"
    " risky ones."
)
RECORDED = (
    "It knows what the log tells. Escalations that nobody recorded, calls without a note and talks in the hallway"
    " are not in it."
)
ENGLISH = "Sentiment is read in English only; in other languages it is missing, not guessed."
SMALL_GROUPS = (
    "Risks of small groups of tickets rest on few cases; groups that are too small are left out of the"
    " tables."
)
CLAIMS = (
    "A good ranking is not fewer escalations. No claim is made that acting on these scores prevents any: only a"
    " randomised hold-out, in which some flags are withheld, can tell."
)
NARROWED = "{} of {} columns that the log could feed moved its scores hardly at all and were left out."
MISUSE = Section("What it is not for", (AGENTS, CLAIMS))
RATES, OWN = "escalation rates of attributes", "further features"


def predicts(manifest: Manifest) -> Section:
    """Return what the model is asked and what it answers."""
    first, *further = map(spelled, manifest.horizons)
    rule = EscalationRule.model_validate(manifest.escalation)
    return Section(
        "What it predicts",
        (
            f"For a support ticket as of a moment: the calibrated probability that it escalates within {first}.",
            rule_in_words(rule),
            ASKED.format(AT_RISK[rule.at_risk_until]),
        ),
        (("Horizon", f"{first}; also {', '.join(further)}" if further else first),),
    )


def learned_from(manifest: Manifest) -> Section:
    """Return the window of the data, and how it was cut."""
    stop, calibrate = (_moment(manifest.split.get(name, "")) for name in ("stop", "calibrate"))
    by = manifest.split.get("by", "time")
    if by == "time":
        how = (
            "Cut by time: each slice is later than the one before, and points whose horizon reaches into the next"
            " slice are purged."
        )
    else:
        how = (
            "Cut by ticket, in the order of first points, because the log is short for the horizon: no ticket stands"
            " in two slices, but slices overlap in time, so that figures of the held-out slice are too good."
        )
    return Section(
        "What it learned from",
        (how, "What was chosen on the later slices is kept, and the model is then grown anew on all points."),
        (
            ("Data window", f"{_moment(manifest.trained_from)} to {_moment(manifest.trained_until)}, UTC"),
            ("Slices", f"fitted from the start, early stopping from {stop}, calibration from {calibrate}"),
            ("Base rate", f"{manifest.base_rate:.4f} of the points escalate in time"),
        ),
    )


def made_of(saved: SavedModel) -> Section:
    """Return the parts of the model and its features by family."""
    families = Counter(map(_family, saved.manifest.columns))
    told = {horizon: _mixed(model) for horizon, model in saved.model.models.items()}
    offered = len(saved.manifest.columns) + len(saved.manifest.not_kept)
    narrowed = (NARROWED.format(len(saved.manifest.not_kept), offered),) if saved.manifest.not_kept else ()
    return Section(
        "What it is made of",
        ("LightGBM and a shrunken linear model, mixed in log-odds, with a calibrator on top.", *narrowed),
        tuple((f"Within {spelled(horizon)}", words) for horizon, words in told.items()),
        (
            Table(
                f"{len(saved.manifest.columns)} features, {len(saved.manifest.categories)} of them categories",
                ("family", "features"),
                tuple((family, str(count)) for family, count in families.items()),
            ),
        ),
    )


def _mixed(model: Fitted) -> str:
    calibrated = f"calibrated by {type(model.calibrator_).__name__.lower()}"
    if model.linear_weight_ == 1.0:
        return f"the linear model alone, {calibrated}"
    trees = f"{model.rounds_} rounds of boosted trees"
    return f"{trees}, weight of the linear partner {model.linear_weight_:.2f}, {calibrated}"


def leaks(manifest: Manifest) -> Section:
    """Return what was kept out because it knows the future."""
    left_out = ", ".join(manifest.left_out)
    return Section(
        "Leaks excluded",
        (POINT_IN_TIME, AUDIT),
        (("Attributes of tickets that it does not read", left_out),) if left_out else (),
    )


def limits(manifest: Manifest) -> Section:
    """Return where its risks are not to be taken at their word."""
    window = (
        f"It knows one desk until {_moment(manifest.trained_until)}, UTC. Where the share of tickets that escalate"
        " drifts, the order of tickets keeps better than the height of their risks: watch both, and train again."
    )
    reads_sentiment = "sentiment" in map(_family, manifest.columns)
    return Section("Limits", (window, RECORDED, *((ENGLISH,) if reads_sentiment else ()), SMALL_GROUPS))


def provenance(manifest: Manifest) -> Section:
    """Return where the model comes from."""
    packages = ", ".join(f"{name} {version}" for name, version in manifest.packages.items())
    return Section(
        "Provenance",
        facts=(
            ("Made", f"{_moment(manifest.created_at)}, UTC, by Boilover {manifest.boilover_version}"),
            ("With", packages),
            ("Fingerprint of the log", manifest.fingerprint),
        ),
    )


def _family(column: str) -> str:
    if column in FAMILY:
        return FAMILY[column]
    if "_mean_outcome" in column or "_lift_" in column:
        return RATES
    return next((family for start, family in OTHERS.items() if column.startswith(start)), OWN)


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")
