"""Distances: the fast matrix agrees with the exact geodesic."""

import random

import numpy as np
import pytest

from app.infra.distance import geodesic_m, matrix_m
from app.kernel.geo import Point

HUB = Point(30.296211, 115.137976)
DOOR = Point(30.291248, 115.102667)


def test_geodesic_of_a_known_pair() -> None:
    assert geodesic_m(Point(0.0, 0.0), Point(0.0, 1.0)) == pytest.approx(111_319.491, abs=0.001)
    assert geodesic_m(HUB, HUB) == 0.0


def test_matrix_agrees_with_geodesic_within_a_metre() -> None:
    chance = random.Random(7)
    city = [Point(30.3 + chance.uniform(-0.1, 0.1), 115.1 + chance.uniform(-0.1, 0.1)) for _ in range(40)]
    metres = matrix_m(city, detour=1.0)
    for i in range(0, 40, 3):
        for j in range(40):
            exact = geodesic_m(city[i], city[j])
            assert abs(int(metres[i, j]) - exact) <= 0.502


def test_matrix_is_symmetric_with_zero_diagonal_and_detour() -> None:
    straight, road = matrix_m([HUB, DOOR, HUB], detour=1.0), matrix_m([HUB, DOOR, HUB])
    assert straight.shape == (3, 3)
    assert np.array_equal(road, road.T)
    assert [int(road[i, i]) for i in range(3)] == [0, 0, 0]
    assert int(straight[0, 2]) == 0
    assert int(road[0, 1]) == pytest.approx(int(straight[0, 1]) * 1.3, abs=1)


def test_matrix_of_nothing_and_of_one() -> None:
    assert matrix_m([]).shape == (0, 0)
    assert matrix_m([HUB]).tolist() == [[0]]
