"""Signing in and out at an HTML door."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from werkzeug.wrappers import Response

from app.domains.accounts.service import sign_ins
from app.domains.accounts.values import Door, SignedIn
from app.infra.uow import UnitOfWork
from app.kernel.errors import DomainError
from app.web import credentials
from app.web.context import forget_person, person, services, transact

P = ParamSpec("P")
R = TypeVar("R", bound=Response)


def sign_in(
    use_case: Callable[Concatenate[UnitOfWork, P], SignedIn | DomainError], /, *args: P.args, **kwargs: P.kwargs
) -> SignedIn:
    """Run a use-case of `sign_ins` and raise the refusal that it returned (its count of tries is committed by then)."""
    result = transact(use_case, *args, **kwargs)
    if isinstance(result, DomainError):
        raise result
    return result


def enter(response: R, signed: SignedIn, door: Door) -> R:
    """End the session that this browser had at the door, if any, and begin the new one; returns the response."""
    _end_present()
    credentials.keep(response, door, signed.token, services().settings)
    return response


def leave(response: R, door: Door) -> R:
    """Sign out: the session is worth nothing from now on, whoever copied it; returns the response."""
    _end_present()
    credentials.drop(response, door, services().settings)
    return response


def _end_present() -> None:
    who = person()
    if who is not None:
        transact(sign_ins.sign_out, who.sign_in_id)
    forget_person()
