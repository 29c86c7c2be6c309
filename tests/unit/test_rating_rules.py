"""When an average says something, and how it is rounded."""

import pytest

from app.domains.ratings.rules import average_tenths
from app.domains.ratings.values import Stars


@pytest.mark.parametrize(
    ("number", "stars", "tenths"),
    [(0, 0, None), (4, 20, None), (5, 25, 50), (5, 24, 48), (7, 32, 46), (20, 81, 41), (40, 161, 40), (40, 162, 41)],
)
def test_an_average_needs_five_ratings(number: int, stars: int, tenths: int | None) -> None:
    assert average_tenths(Stars(number=number, leader_stars=stars, goods_stars=0)) == tenths
