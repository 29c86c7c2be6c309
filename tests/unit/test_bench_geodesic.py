"""The bench's own oracle of ways agrees with geopy."""

import random

import numpy as np
import pytest
from geopy.distance import geodesic

from bench.assignment import vincenty


@pytest.mark.parametrize("lat", [-60.0, 0.0, 30.3, 71.0])
def test_vincenty_agrees_with_geopy_within_a_tenth_of_a_millimetre(lat: float) -> None:
    dice = random.Random(1)
    here = [(lat + dice.uniform(-0.2, 0.2), 115 + dice.uniform(-0.2, 0.2)) for _ in range(60)]
    there = [(lat + dice.uniform(-0.2, 0.2), 115 + dice.uniform(-0.2, 0.2)) for _ in range(60)]
    ours = vincenty(np.radians(here), np.radians(there))
    exact = [geodesic(a, b).meters for a, b in zip(here, there, strict=True)]
    assert np.abs(ours - exact).max() < 1e-4
    assert vincenty(np.radians(here), np.radians(here)).max() < 1e-6
