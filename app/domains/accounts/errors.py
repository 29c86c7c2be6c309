"""What the accounts room may refuse."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.errors import Conflict, DomainError


@dataclass(eq=False)
class SignInRequired(DomainError):
    """The token is missing, expired or revoked; sign in and try again."""

    status: ClassVar[int] = 401
    code: ClassVar[str] = "sign_in_required"


@dataclass(eq=False)
class WrongCredentials(DomainError):
    """Login and password do not belong together, or not at this door; which of them is wrong is not told."""

    status: ClassVar[int] = 401
    code: ClassVar[str] = "wrong_credentials"


@dataclass(eq=False)
class WrongCode(DomainError):
    """The one-time code is wrong, used up or too old; `tries_left` more guesses are allowed for this one."""

    status: ClassVar[int] = 401
    code: ClassVar[str] = "wrong_code"
    tries_left: int


@dataclass(eq=False)
class LoginTaken(Conflict):
    """Another account signs in with this name."""

    code: ClassVar[str] = "login_taken"
    login: str


@dataclass(eq=False)
class PhoneTaken(Conflict):
    """Another account of the same role has this phone number."""

    code: ClassVar[str] = "phone_taken"


@dataclass(eq=False)
class WeakPassword(DomainError):
    """The password is too short, too long, or too easy to guess; `min_length` characters are needed."""

    code: ClassVar[str] = "weak_password"
    min_length: int


@dataclass(eq=False)
class WechatCodeRefused(DomainError):
    """The mini-program's login code is unknown, used up or too old; get a new one and try again."""

    status: ClassVar[int] = 401
    code: ClassVar[str] = "wechat_code_refused"


@dataclass(eq=False)
class WechatUnreachable(DomainError):
    """The mini-program's platform does not answer, or is not set up here; try again later."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "wechat_unreachable"


@dataclass(eq=False)
class CodesNotSent(DomainError):
    """This installation has nobody who sends text messages, so codes cannot reach a phone."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "codes_not_sent"


@dataclass(eq=False)
class NoPhone(DomainError):
    """Nobody knows a phone number of this person."""

    code: ClassVar[str] = "no_phone"
