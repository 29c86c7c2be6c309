"""Where a page's refusal goes: beside a field of its form, or into a flash on the page one comes back to."""

from collections.abc import Callable
from types import TracebackType

from flask import flash

from app.kernel.errors import DomainError
from app.web.say import say


class refusals_to:  # noqa: N801  reads as a phrase of the view: with refusals_to(…)
    """Run the block; a refusal inside it ends it, is handed to `tell`, and the view goes on behind it.

    A block that ends well flashes its sentence and may return its redirect; what stands behind it is for the refused:
    after `refusals_to(form.refuse)` the page again with 422, after `refusals_to(flash_refusal)` the way back.
    Every refusal in the block counts, also that of a read that comes after the use-case.
    Anything that is not a refusal passes through.
    """

    def __init__(self, tell: Callable[[DomainError], None]) -> None:
        self._tell = tell

    def __enter__(self) -> None:
        """Nothing is prepared."""

    def __exit__(
        self, _kind: type[BaseException] | None, raised: BaseException | None, _at: TracebackType | None
    ) -> bool:
        """Hand on a refusal, and nothing else."""
        if not isinstance(raised, DomainError):
            return False
        self._tell(raised)
        return True


def flash_refusal(refusal: DomainError) -> None:
    """Say a refusal on the next page that is shown."""
    flash(say(refusal), "danger")
