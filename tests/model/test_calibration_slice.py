import numpy as np
import pytest

from boilover.errors import InputError
from boilover.model.calibration_slice import CalibrationSlice


def test_text_keeps_every_bit_and_type():
    rng = np.random.default_rng(0)
    risk = np.concatenate([[0.0, 1.0, 1e-17, np.nextafter(1, 0)], rng.random(200)])
    told = CalibrationSlice(np.arange(-3, 201), risk, (risk < 0.3).astype(np.int8))
    again = CalibrationSlice.from_text(told.to_text().encode())
    for name in ("night", "risk", "label"):
        found, expected = getattr(again, name), getattr(told, name)
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    "content", [b"", b"night,risk\n2024-10-04,0.5\n", b"night,risk,label\nsoon,0.5,1\n", b"\xff\x00"]
)
def test_anything_else_is_refused(content):
    with pytest.raises(InputError, match=r"calibration\.csv.*no risks and labels"):
        CalibrationSlice.from_text(content, "calibration.csv")
