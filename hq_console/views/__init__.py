"""The pages; importing this package puts them into the console's blueprint."""

from hq_console.views import home, rounds, sign_in

__all__ = ["home", "rounds", "sign_in"]
