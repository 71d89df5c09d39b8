"""What concerns a log: it is imported, looked through for leaks, and its escalations are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boilover.config import Config
from boilover.files import check_writable
from boilover.inputs import Source

if TYPE_CHECKING:
    from boilover.audit import Audit
    from boilover.kpi import Kpis


def ingest_log(sources: Sequence[Path], folder: Path, **options: Any) -> Mapping[str, Any]:
    """Import exports into a log, with the ``options`` of `boilover.ingesting.ingest_log`."""
    from boilover import ingesting

    return ingesting.ingest_log(sources, folder, **options)


def public_logs(name: str | None = None) -> list[dict[str, Any]]:
    """Return what is known of the public logs that a recipe ships for, or of one of them."""
    from boilover import ingesting

    return ingesting.public_logs(name)


def audit_log(
    source: Source, config: Config, *, path: Path, recipe: str | None = None, timezone: str | None = None
) -> Audit:
    """Look for columns that know the future, in a log or in all columns of a table's export."""
    from boilover.audit import audit_source

    return audit_source(
        source, path, recipe=recipe, horizon=config.horizon[0], timezone=timezone, seed=config.seed
    )


def kpis_of_log(
    source: Source,
    *,
    by: Sequence[str] = (),
    since: str | None = None,
    ledger: str | None = None,
    desk: str = "desk",
    report: Path | None = None,
) -> Kpis:
    """Tell a log's escalations; with a ledger, also how many of them a flag of a desk preceded."""
    from boilover.kpi import kpis

    if report is not None:
        check_writable(report)
    flags = None
    if ledger is not None:
        from boilover.flagger.ledger import Ledger

        flags = Ledger.open(ledger, create=False).export("flags", desk=desk)
    figures = kpis(source.log, by=by, since=since, flags=flags)
    if report is not None:
        from boilover.report import write_kpi_report

        write_kpi_report(report, figures, title=f"Escalations: {source.name}")
    return figures
