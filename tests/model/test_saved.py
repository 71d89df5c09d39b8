import json
from pathlib import Path

import numpy as np
import pytest

from boilover.errors import InputError, MismatchError
from boilover.model.calibration_slice import CalibrationSlice
from boilover.model.horizons import HorizonModel
from boilover.model.manifest import Manifest, check_fits
from boilover.model.saved import SavedModel, load_model, save_model
from desk_rows import desk


@pytest.fixture(scope="module")
def saved():
    X, y = desk()
    model = HorizonModel.fit(X, {"7d": y, "24h": y * (np.arange(len(y)) % 2)}, n_jobs=1)
    manifest = Manifest(
        boilover_version="1.0",
        created_at="2026-01-02T03:04:05Z",
        horizons=model.horizons,
        columns=model.columns,
        categories=model.primary.categories_,
        features=({"kind": "Count", "window": None}, {"kind": "Last"}),
        escalation={"any": [{"event": "escalated"}]},
        trained_from="2025-01-01T00:00:00Z",
        trained_until="2025-12-01T00:00:00Z",
        split={"stop": "2025-09-01T00:00:00Z", "calibrate": "2025-10-15T00:00:00Z"},
        base_rate=float(y.mean()),
        metrics={"average_precision": 1 / 3, "auc": None},
        fingerprint="abc",
        packages={"lightgbm": "4"},
    )
    rng = np.random.default_rng(0)
    calibration = CalibrationSlice(
        np.arange(20_000, 20_050), rng.random(50), (rng.random(50) < 0.3).astype(np.int8)
    )
    return SavedModel(model, manifest, calibration)


@pytest.fixture
def folder(saved, tmp_path):
    save_model(tmp_path / "model", saved)
    return tmp_path / "model"


def test_predictions_are_the_same_to_the_last_bit(saved, folder):
    X, _ = desk(seed=7)
    loaded = load_model(folder)
    assert np.array_equal(loaded.model.risks(X), saved.model.risks(X))
    for horizon, model in saved.model.models.items():
        again = loaded.model.models[horizon]
        assert np.array_equal(again.raw_scores(X), model.raw_scores(X))
        assert np.array_equal(again.contributions(X[:10]), model.contributions(X[:10]))
        assert again.base_value == model.base_value


def test_manifest_and_calibration_slice_come_back(saved, folder):
    loaded = load_model(folder)
    assert loaded.manifest == saved.manifest
    for name in ("night", "risk", "label"):
        found, expected = getattr(loaded.calibration, name), getattr(saved.calibration, name)
        assert np.array_equal(found, expected)
        assert found.dtype == expected.dtype


def test_the_folder_is_text_and_the_same_on_every_save(saved, folder, tmp_path):
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "CARD.md", "calibration.csv", "manifest.json",
        "model-24h.json", "model-24h.txt", "model-7d.json", "model-7d.txt",
    ]  # fmt: skip
    save_model(tmp_path / "again", saved)
    save_model(tmp_path / "reloaded", load_model(folder))
    for name in names:
        text = (folder / name).read_text(encoding="utf-8")
        assert text == (tmp_path / "again" / name).read_text(encoding="utf-8")
        assert text == (tmp_path / "reloaded" / name).read_text(encoding="utf-8")
    assert (folder / "calibration.csv").read_text().startswith("night,risk,label\n2024-10-04,")


def test_a_second_save_replaces_the_folder(saved, folder):
    (folder / "model-30d.txt").write_text("of an earlier model")
    save_model(folder, saved)
    assert not (folder / "model-30d.txt").exists()


@pytest.mark.parametrize(
    "name", ["manifest.json", "model-7d.txt", "model-7d.json", "model-24h.txt", "calibration.csv"]
)
@pytest.mark.parametrize("harm", ["cut", "gone", "foreign"])
def test_a_harmed_file_is_named(folder, name, harm):
    file = folder / name
    if harm == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif harm == "gone":
        file.unlink()
    else:
        file.write_bytes(b"\xff\x00 not ours")
    with pytest.raises(InputError, match=name):
        load_model(folder)


def rewrite(folder, **changes):
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"schema_version": 99}, MismatchError, "version 99"),
        ({"columns": ["age", "queue"]}, MismatchError, "other columns"),
        ({"categories": {}}, MismatchError, "other categories"),
        ({"horizons": ["24h"]}, MismatchError, "other horizons"),
        ({"horizons": ["../7d"]}, InputError, "no duration"),
        ({"horizons": ["30d"]}, MismatchError, "other horizons"),
        ({"base_rate": "high"}, InputError, "base_rate"),
        ({"escalation": {"any": [{"on": "fire"}]}}, InputError, "'escalation': escalation.any.0"),
        ({"trained_until": "soon"}, InputError, "'trained_until': 'soon' is no time"),
        ({"surprise": 1}, InputError, "surprise"),
        ({"files": None}, InputError, "does not list the files"),
    ],
)
def test_a_tampered_manifest_is_refused(folder, changes, error, words):
    rewrite(folder, **changes)
    with pytest.raises(error, match=words) as caught:
        load_model(folder)
    assert "manifest.json" in str(caught.value)


def test_a_manifest_that_is_no_object_is_refused(folder):
    (folder / "manifest.json").write_text("[1, 2]")
    with pytest.raises(InputError, match="no JSON object"):
        load_model(folder)


def test_no_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        load_model(tmp_path / "nowhere")


def test_parts_that_do_not_agree_are_not_saved(saved, tmp_path):
    wrong = saved.manifest.model_copy(update={"columns": ("age",)})
    with pytest.raises(MismatchError, match="other columns"):
        save_model(tmp_path / "model", SavedModel(saved.model, wrong, saved.calibration))
    assert not (tmp_path / "model").exists()


def test_missing_columns_are_named(saved):
    check_fits(saved.manifest, [*saved.manifest.columns, "another"])
    with pytest.raises(MismatchError, match="1 of 6 columns that the model reads are missing: 'queue'"):
        check_fits(saved.manifest, [name for name in saved.manifest.columns if name != "queue"])


def test_a_path_may_be_text_and_a_model_is_shown_by_its_key_facts(tmp_path: Path) -> None:
    demo = Path(__file__).parents[2] / "models" / "demo"
    saved = load_model(str(demo))
    save_model(str(tmp_path / "model"), saved)
    told = repr(load_model(tmp_path / "model"))
    assert told.startswith(
        f"SavedModel(horizons=('7d',), columns={len(saved.manifest.columns)}, trained_from='2"
    )
    assert len(told) < 250
