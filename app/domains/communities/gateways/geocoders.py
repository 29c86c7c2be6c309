"""Addresses to places through geopy: Nominatim (WGS-84), AMap (GCJ-02) and Baidu (BD-09), answered in WGS-84.

AMap: https://lbs.amap.com/api/webservice/guide/api/georegeo.
Baidu: https://lbsyun.baidu.com/faq/api?title=webapi/guide/webservice-geocoding.
Only the configured host is ever asked: no redirect is followed and no proxy of the environment used.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from geopy.adapters import AdapterHTTPError, BaseSyncAdapter
from geopy.exc import GeocoderServiceError
from geopy.geocoders import Nominatim
from geopy.geocoders.base import Geocoder as Base

from app.domains.communities.errors import GeocoderSilent
from app.domains.communities.values.ground import FoundPlace
from app.infra.coordinates import to_wgs84
from app.infra.settings import Settings
from app.kernel.geo import System

MOST_PLACES = 5
TIMEOUT_S = 10
USER_AGENT = "linli-group-buying"
#: Longer answers are no list of a few places.
MAX_BYTES = 1_000_000


class Geocoder(Protocol):
    """Somebody who knows addresses; `name` keeps answers of different ones apart."""

    name: str

    def find(self, query: str) -> list[FoundPlace]:
        """At most five places for an address, the best first. Raises GeocoderSilent."""
        ...


def geocoder_of(settings: Settings) -> Geocoder | None:
    """The one that the settings name; None = addresses are not looked up."""
    makers: dict[str, Callable[[str, str], Geocoder]] = {"nominatim": _Nominatim, "amap": _AMap, "baidu": _Baidu}
    maker = makers.get(settings.geocoder)
    return maker(settings.geocoder_url, settings.geocoder_key) if maker else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class _OneHost(BaseSyncAdapter):  # type: ignore[misc]  # geopy has no types
    """Asks exactly the address it is given; a redirect is an error like any other answer that is not 200."""

    def __init__(self, *, proxies: Any, ssl_context: Any) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        secure = urllib.request.HTTPSHandler(context=ssl_context)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect, secure)

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        return json.loads(self.get_text(url, timeout=timeout, headers=headers))

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310  an http(s) address by the settings
        try:
            with self._opener.open(request, timeout=timeout) as answer:
                return str(answer.read(MAX_BYTES).decode("utf-8"))
        except urllib.error.HTTPError as refused:
            refused.close()
            raise AdapterHTTPError(
                f"HTTP {refused.code}", status_code=refused.code, headers=dict(refused.headers), text=""
            ) from refused


class _Nominatim:
    """OpenStreetMap's geocoder, or an installation of one's own; no key."""

    name = "nominatim"

    def __init__(self, url: str, _key: str) -> None:
        parts = urlsplit(url)
        self._geopy = Nominatim(
            user_agent=USER_AGENT, scheme=parts.scheme, domain=parts.netloc + parts.path.rstrip("/"),
            timeout=TIMEOUT_S, adapter_factory=_OneHost,
        )  # fmt: skip

    def find(self, query: str) -> list[FoundPlace]:
        """Its first places."""
        return _asked(partial(self._read, query))

    def _read(self, query: str) -> list[FoundPlace]:
        found = self._geopy.geocode(query, exactly_one=False, limit=MOST_PLACES) or []
        return [FoundPlace(name=one.address, lat=one.latitude, lon=one.longitude) for one in found]


class _Web(Base):  # type: ignore[misc]  # geopy has no types
    """A web service that answers JSON to one GET, called through geopy's adapter, errors and timeout."""

    def __init__(self, scheme: str) -> None:
        super().__init__(scheme=scheme, timeout=TIMEOUT_S, user_agent=USER_AGENT, adapter_factory=_OneHost)

    def ask(self, url: str, **fields: str) -> Any:
        return self._call_geocoder(f"{url}?{urlencode(fields)}", lambda answer: answer)


class _AMap:
    """AMap's web service (高德); answers in GCJ-02."""

    name = "amap"

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key, self._web = url.rstrip("/"), key, _Web(urlsplit(url).scheme)

    def find(self, query: str) -> list[FoundPlace]:
        """Its first places; its refusals (status 0) say why in `info`."""
        return _asked(partial(self._read, query))

    def _read(self, query: str) -> list[FoundPlace]:
        answer = self._web.ask(f"{self._url}/v3/geocode/geo", address=query, key=self._key)
        if str(answer.get("status")) != "1":
            raise GeocoderSilent(reason=str(answer.get("info"))[:60])
        places = []
        for one in (answer.get("geocodes") or [])[:MOST_PLACES]:
            lon, lat = map(float, one["location"].split(","))
            places.append(_place(str(one.get("formatted_address") or query), lat, lon, System.GCJ02))
        return places


class _Baidu:
    """Baidu's web service (百度); answers one place in BD-09."""

    name = "baidu"

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key, self._web = url.rstrip("/"), key, _Web(urlsplit(url).scheme)

    def find(self, query: str) -> list[FoundPlace]:
        """Its place, or none (status 1); other refusals say why in `message`."""
        return _asked(partial(self._read, query))

    def _read(self, query: str) -> list[FoundPlace]:
        answer = self._web.ask(f"{self._url}/geocoding/v3/", address=query, output="json", ak=self._key)
        if answer.get("status") == 1:
            return []
        if answer.get("status") != 0:
            raise GeocoderSilent(reason=str(answer.get("message") or answer.get("msg"))[:60])
        spot = answer["result"]["location"]
        return [_place(query, float(spot["lat"]), float(spot["lng"]), System.BD09)]


def _place(name: str, lat: float, lon: float, system: System) -> FoundPlace:
    here = to_wgs84(lat, lon, system)
    return FoundPlace(name=name, lat=here[0], lon=here[1])


def _asked(call: Callable[[], list[FoundPlace]]) -> list[FoundPlace]:
    """The places, or silence with the name of what went wrong: the wire, the answer, or its shape."""
    try:
        return call()
    except (GeocoderServiceError, OSError, ValueError, KeyError, TypeError, AttributeError) as lost:
        raise GeocoderSilent(reason=type(lost).__name__) from lost
