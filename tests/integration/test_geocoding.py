"""Addresses over real HTTP: a small server that speaks Nominatim's, AMap's and Baidu's protocol, well and badly."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.domains.communities.errors import GeocoderSilent
from app.domains.communities.gateways.geocoders import Geocoder, geocoder_of
from app.domains.communities.values.ground import FoundPlace
from app.flows.geocoding import find_address
from app.infra.clock import SetClock
from app.infra.settings import BadSettings, Settings
from app.kernel.errors import Forbidden, Invalid, TooMany
from app.kernel.ids import new_id
from tests.factories.communities import leader
from tests.factories.maps import WGS, Maps, serving_maps

Run = Callable[..., Any]


@pytest.fixture
def maps() -> Iterator[Maps]:
    with serving_maps() as server:
        yield server


def made(maps: Maps, name: str) -> Geocoder:
    env = {"LINLI_MODE": "test", "LINLI_GEOCODER": name, "LINLI_GEOCODER_URL": maps.url, "LINLI_GEOCODER_KEY": "k1"}
    found = geocoder_of(Settings.from_env(env))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "asked", "place"),
    [
        ("nominatim", {"path": "/search", "q": "天安门", "format": "json", "limit": "5"}, "天安门"),
        ("amap", {"path": "/v3/geocode/geo", "address": "天安门", "key": "k1"}, "北京市天安门"),
        ("baidu", {"path": "/geocoding/v3/", "address": "天安门", "output": "json", "ak": "k1"}, "天安门"),
    ],
)
def test_each_service_is_asked_in_its_words_and_answers_in_wgs84(
    maps: Maps, name: str, asked: dict[str, str], place: str
) -> None:
    (found,) = made(maps, name).find("天安门")
    assert maps.asked == [asked]
    assert (found.name, round(found.lat, 5), round(found.lon, 5)) == (place, *WGS)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("amap", {"status": "0", "info": "INVALID_USER_KEY"}), ("baidu", {"status": 240, "message": "APP disabled"}),
     ("amap", {"status": "1", "geocodes": [{"location": "x"}]}), ("baidu", {"status": 0})],
)  # fmt: skip
def test_refusals_and_nonsense_are_silence_with_a_reason(maps: Maps, name: str, answer: Any) -> None:
    maps.answer = answer
    with pytest.raises(GeocoderSilent):
        made(maps, name).find("天安门")


def test_a_redirect_is_not_followed_and_an_error_is_silence(maps: Maps) -> None:
    for status in (302, 500, 403):
        maps.status = status
        with pytest.raises(GeocoderSilent):
            made(maps, "nominatim").find("天安门")
    assert len(maps.asked) == 3  # never a second question


def test_nothing_found_is_no_fault(maps: Maps) -> None:
    maps.answer = []
    assert made(maps, "nominatim").find("nowhere") == []
    maps.answer = {"status": 1}
    assert made(maps, "baidu").find("nowhere") == []


def test_an_answer_is_kept_and_nobody_is_asked_twice(maps: Maps, run: Run, clock: SetClock) -> None:
    geocoder = made(maps, "amap")
    first = find_address(run, geocoder, "  天安门 ", 5)
    assert first == [FoundPlace(name="北京市天安门", lat=39.915, lon=116.404)]
    assert find_address(run, geocoder, "天安门", 5) == first
    assert len(maps.asked) == 1
    clock.move_to(clock.now() + timedelta(days=181))
    find_address(run, geocoder, "天安门", 5)
    assert len(maps.asked) == 2


def test_a_lost_answer_is_asked_for_again(maps: Maps, run: Run) -> None:
    geocoder = made(maps, "amap")
    maps.status = 500
    with pytest.raises(GeocoderSilent):
        find_address(run, geocoder, "天安门", 5)
    maps.status = 200
    assert len(find_address(run, geocoder, "天安门", 5)) == 1


def test_no_more_than_so_many_questions_a_minute(maps: Maps, run: Run, clock: SetClock) -> None:
    geocoder = made(maps, "amap")
    for number in range(2):
        find_address(run, geocoder, f"路{number}号", 2)
    with pytest.raises(TooMany) as refusal:
        find_address(run, geocoder, "路3号", 2)
    assert refusal.value.retry_after_s == 60
    assert find_address(run, geocoder, "路0号", 2) != []  # kept answers cost nothing
    clock.move_to(clock.now() + timedelta(seconds=61))
    find_address(run, geocoder, "路3号", 2)
    assert len(maps.asked) == 3


def test_who_may_not_and_what_cannot_be(maps: Maps, run: Run, database: Any) -> None:
    geocoder = made(maps, "amap")
    for text in ("", "x" * 121):
        with pytest.raises(Invalid):
            find_address(run, geocoder, text, 5)
    nobody = leader(new_id())
    with pytest.raises(Forbidden):
        find_address(lambda *args: database.transact(nobody, *args), geocoder, "天安门", 5)
    assert maps.asked == []


def test_off_by_default_and_settings_that_cannot_be() -> None:
    assert geocoder_of(Settings.from_env({"LINLI_MODE": "test"})) is None
    for env, word in (
        ({"LINLI_GEOCODER": "google"}, "LINLI_GEOCODER must be"),
        ({"LINLI_GEOCODER": "amap", "LINLI_GEOCODER_KEY": "k"}, "LINLI_GEOCODER_URL"),
        ({"LINLI_GEOCODER": "baidu", "LINLI_GEOCODER_URL": "https://x"}, "LINLI_GEOCODER_KEY is required"),
        ({"LINLI_MAP_TILES_URL": "https://x/tiles"}, "LINLI_MAP_TILES_URL"),
        ({"LINLI_MAP_TILES_SYSTEM": "bd09"}, "LINLI_MAP_TILES_SYSTEM"),
    ):
        with pytest.raises(BadSettings, match=word):
            Settings.from_env({"LINLI_MODE": "test", **env})
