"""Where MLflow keeps its runs and models; importing this module is what imports MLflow."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def quiet() -> Iterator[None]:
    """Keep back MLflow's warnings of its own types and storage: nothing that a caller of ours could mend."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"mlflow\.")
        yield


# MLflow reports its use over the network unless this is set before it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
with quiet():
    import mlflow.pyfunc  # noqa: F401  what follows reads it
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    from boilover.errors import UsageError
# It tells of every table that it creates.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)

STORE, ARTIFACTS = "mlflow.db", "mlartifacts"
ANSWER_SECONDS = 5.0
"""How long a server may take to be reached."""


def client_of(beside: Path, tracking_uri: str | None = None) -> tuple[MlflowClient, str | None]:
    """Return a client, and where the artifacts of the default store go; another store knows for itself.

    Without a URI it is that of MLFLOW_TRACKING_URI, and without that a SQLite file `STORE` in the folder of ``beside``.
    Raises `UsageError` for a server that cannot be reached.
    """
    chosen = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
    if chosen:
        check_answers(chosen)
        return MlflowClient(chosen), None
    folder = beside.absolute().parent
    return MlflowClient(f"sqlite:///{folder / STORE}"), (folder / ARTIFACTS).as_uri()


def check_answers(uri: str) -> None:
    """Raise `UsageError` where there is no server at a URL, whatever it would answer: MLflow tries for four minutes."""
    import requests

    if not uri.startswith(("http://", "https://")):
        return
    try:
        requests.head(uri, timeout=ANSWER_SECONDS)
    except requests.exceptions.RequestException as error:
        # Somebody is there whose certificate is doubted, or who is slow: of that MLflow tells.
        is_away = isinstance(error, requests.exceptions.ConnectionError)
        if is_away and not isinstance(error, requests.exceptions.SSLError):
            raise UsageError(
                f"no MLflow server can be reached at {uri}. Check MLFLOW_TRACKING_URI"
            ) from error


@contextmanager
def refusals(what: str) -> Iterator[None]:
    """Turn MLflow's errors into `UsageError`, which tells what it could not do, and keep its warnings back."""
    try:
        with quiet():
            yield
    except (MlflowException, SQLAlchemyError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"MLflow cannot {what}: {reason}. Check the tracking URI") from error
