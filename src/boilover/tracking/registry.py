"""Versions of a desk's model in MLflow's registry: the champion serves, the challenger would like to.

A version is a logged run of `boilover.tracking.runs`, whose artifacts hold the folder of text that is read when it
serves: MLflow keeps it, and nothing of it is unpickled.
"""

from __future__ import annotations

import atexit
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from boilover.errors import InputError, UsageError
from boilover.files import sha256_of
from boilover.model.saved import MANIFEST, SavedModel
from boilover.scratch import scratch
from boilover.tracking.located import SCHEME
from boilover.tracking.runs import MODEL_FOLDER, log_run
from boilover.tracking.store import STORE, client_of, quiet, refusals

# isort: split
# After the store, which holds back what MLflow warns of while it is imported.
with quiet():
    from mlflow import MlflowClient
    from mlflow.artifacts import download_artifacts
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

CHAMPION, CHALLENGER = "champion", "challenger"
REFERENCE = re.compile(r"models:/(?P<name>[^/@:]+)(?:@(?P<alias>[^/@:]+)|/(?P<version>\d+))?")
USUAL = Path("models")
"""Where a registry is looked for that nobody names: beside the models that `boilover train` writes."""
DIGEST = "boilover.manifest_sha256"
"""Tag of a version: its manifest's hash, by which the same model is not registered twice."""
_COPIES = ExitStack()
atexit.register(_COPIES.close)


@dataclass(frozen=True)
class Registry:
    """A registry by its client; every method raises `UsageError` where the store refuses."""

    client: MlflowClient
    uri: str

    @classmethod
    def open(cls, beside: Path | None = None) -> Registry:
        """Open the registry at MLFLOW_TRACKING_URI, or the SQLite file beside a model's folder."""
        if beside is None and not os.environ.get("MLFLOW_TRACKING_URI") and not (USUAL / STORE).exists():
            raise UsageError(
                f"no registry is named. Set MLFLOW_TRACKING_URI, or run where {USUAL / STORE} is"
            )
        with refusals("open the registry"):
            client, _ = client_of(beside or USUAL / "any")
        return cls(client, str(client.tracking_uri))

    def folder(self, reference: str) -> Path:
        """Return the folder of a registered model, as `boilover.model.saved.load_model` takes it.

        A copy of what lies elsewhere is there until this process ends.
        """
        name, version = self.version(reference)
        with refusals(f"fetch {reference}"):
            found = self.client.get_model_version_download_uri(name, version)
            # MLflow leaves copies to its caller; what lies on a disk of this machine is not copied.
            copied = None if urlsplit(found).scheme in ("", "file") else str(_COPIES.enter_context(scratch()))
            made = Path(download_artifacts(artifact_uri=found, dst_path=copied, tracking_uri=self.uri))
        try:
            with quiet():
                told = Model.load(str(made)).flavors["python_function"]["artifacts"][MODEL_FOLDER]
            return made / str(told["path"])
        except (MlflowException, KeyError, TypeError) as error:
            raise InputError(
                "is no model that Boilover logged",
                value=reference,
                mend="Register it with `boilover promote`",
            ) from error

    def version(self, reference: str) -> tuple[str, str]:
        """Return name and version of ``models:/NAME``, with ``@ALIAS`` or ``/VERSION``; without it, the champion."""
        told = _parts(reference)
        if told["version"]:
            return told["name"], told["version"]
        alias = told["alias"] or CHAMPION
        found = self.holder(told["name"], alias)
        if found is None:
            raise UsageError(
                f"the registry {self.uri} has no {alias} of '{told['name']}'. Make one with `boilover promote`"
            )
        return told["name"], found

    def holder(self, name: str, alias: str) -> str | None:
        """Return the version that holds an alias, None where there is none."""
        try:
            with quiet():
                return str(self.client.get_model_version_by_alias(name, alias).version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise UsageError(
                f"MLflow cannot tell the {alias} of '{name}': {str(error).splitlines()[0]}"
            ) from error

    def enter(self, name: str, folder: Path, saved: SavedModel) -> str:
        """Register the model in ``folder`` as the challenger, once; return its version."""
        digest = sha256_of(folder / MANIFEST)
        with refusals(f"register the model as '{name}'"):
            version = self._known(name, digest)
            if version is None:
                run_id = log_run(saved, folder)
                version = self._register(name, run_id, digest)
            self.client.set_registered_model_alias(name, CHALLENGER, version)
        return version

    def crown(self, name: str, version: str) -> str | None:
        """Make a version the champion, and no challenger any more; return the version that it replaces."""
        before = self.holder(name, CHAMPION)
        with refusals(f"promote version {version} of '{name}'"):
            self.client.set_registered_model_alias(name, CHAMPION, version)
            if self.holder(name, CHALLENGER) == version:
                self.client.delete_registered_model_alias(name, CHALLENGER)
        return None if before == version else before

    def _known(self, name: str, digest: str) -> str | None:
        found: list[ModelVersion] = list(self.client.search_model_versions(f"name = '{name}'"))
        same = [int(each.version) for each in found if each.tags.get(DIGEST) == digest]
        return str(max(same)) if same else None

    def _register(self, name: str, run_id: str, digest: str) -> str:
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name)
        logged = self.client.get_logged_model(self.client.get_run(run_id).outputs.model_outputs[0].model_id)
        # Its place, not ``models:/<id>``: that MLflow would look up in the store of the environment.
        made = self.client.create_model_version(name, logged.artifact_location, run_id, tags={DIGEST: digest})
        return str(made.version)


def name_of(reference: str) -> str:
    """Return the name in ``models:/NAME@ALIAS``; raise `UsageError` for what is no such reference."""
    return str(_parts(reference)["name"])


def _parts(reference: str) -> re.Match[str]:
    told = REFERENCE.fullmatch(reference)
    if told is None:
        raise UsageError(
            f"'{reference}' is no model of a registry. Write {SCHEME}NAME@champion or {SCHEME}NAME/VERSION"
        )
    return told
