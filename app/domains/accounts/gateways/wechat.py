"""Who a mini-program's login code belongs to: WeChat itself, or an offline double for demo and tests.

Protocol: code2session of the WeChat mini-program server API. The session key that comes with the openid never leaves
this module.
"""

import json
import re
from dataclasses import dataclass
from http.client import HTTPException
from typing import Protocol
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from app.domains.accounts.errors import WechatCodeRefused, WechatUnreachable

BASE = "https://api.weixin.qq.com"
TIMEOUT_S = 5.0
MAX_ANSWER = 64 * 1024
#: Codes that are wrong, used or blocked; everything else is the platform's trouble, not the caller's.
REFUSED = frozenset({40029, 40163, 40226})
_FAKE = re.compile(r"fake:([A-Za-z0-9_-]{1,40})")


class WechatGateway(Protocol):
    """Tells the stable id of the person who holds a login code."""

    def openid_of(self, code: str) -> str:
        """The openid; raises WechatCodeRefused or WechatUnreachable."""
        ...


@dataclass(frozen=True, slots=True)
class OfflineWechat:
    """`fake:<name>` is the person `demo-<name>`; every other code is refused. Never in production."""

    def openid_of(self, code: str) -> str:
        """The openid of a made-up person."""
        found = _FAKE.fullmatch(code)
        if found is None:
            raise WechatCodeRefused
        return f"demo-{found[1]}"


@dataclass(frozen=True, slots=True)
class Wechat:
    """WeChat's own server."""

    app_id: str
    secret: str
    base: str = BASE

    def openid_of(self, code: str) -> str:
        """Ask code2session, with five seconds of patience."""
        if not self.app_id or not self.secret:
            raise WechatUnreachable
        query = urlencode(
            {"appid": self.app_id, "secret": self.secret, "js_code": code, "grant_type": "authorization_code"}
        )
        try:
            with urlopen(f"{self.base}/sns/jscode2session?{query}", timeout=TIMEOUT_S) as response:  # noqa: S310  https
                told = json.loads(response.read(MAX_ANSWER))
        except (URLError, HTTPException, OSError, ValueError) as failure:
            raise WechatUnreachable from failure
        if not isinstance(told, dict):
            raise WechatUnreachable
        if told.get("errcode", 0) in REFUSED:
            raise WechatCodeRefused
        openid = told.get("openid")
        if not isinstance(openid, str) or not openid:
            raise WechatUnreachable
        return openid


def gateway_for(mode: str, app_id: str, secret: str) -> WechatGateway:
    """The gateway of an installation: WeChat where an app is set up or in production, else the double."""
    return Wechat(app_id, secret) if app_id or mode == "production" else OfflineWechat()
