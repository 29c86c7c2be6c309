"""A visitor of the storefront without scripts: follows links and sends forms as a browser would."""

import html
import re
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domains.accounts.models import Account
from app.infra.services import Services
from tests.factories.accounts import let_in
from tests.factories.world import World


class Shopper:
    """One browser; `resident` lets it in as that account."""

    def __init__(self, client: FlaskClient, services: Services) -> None:
        self.client = client
        self._database = services.database

    def as_resident(self, account_id: UUID) -> "Shopper":
        """Sign in without the forms."""
        let_in(self.client, self._database, Account(id=account_id, role="resident"))
        return self

    def get(self, path: str, status: int = 200) -> str:
        """The words of a page, without its tags."""
        response = self.client.get(path)
        assert response.status_code == status, response.text[:600]
        return words(response.text)

    def html(self, path: str) -> str:
        """A page as it is."""
        response = self.client.get(path)
        assert response.status_code == 200
        return response.text

    def post(self, path: str, status: int = 303, htmx: bool = False, **form: object) -> TestResponse:
        """Send a form with its secret."""
        headers = {"HX-Request": "true"} if htmx else {}
        response = self.client.post(path, data={"csrf_token": self.csrf(), **form}, headers=headers)
        assert response.status_code == status, words(response.text)[:600]
        return response

    def csrf(self) -> str:
        """The secret of this browser's forms, as its pages carry it."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.html("/me"))
        assert found is not None
        return found[1]

    def put(self, world: World, **pieces: int) -> None:
        """Put pieces into the basket by the names of the world."""
        for name, qty in pieces.items():
            self.post("/basket", offer_id=str(world.offers[name]), qty=qty)

    def checkout_form(self) -> dict[str, object]:
        """The hidden fields of the checkout page."""
        page = self.html("/checkout")
        form = page[page.index('action="/checkout"') :]
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
        single = {name: value for name, value in fields if name in {"key", "group_buy_id", "total_cents"}}
        return single | {"item": [value for name, value in fields if name == "item"]}

    def order(self, world: World, **pieces: int) -> UUID:
        """Put, check out and place; the order's id."""
        self.put(world, **pieces)
        place = self.post("/checkout", **self.checkout_form()).headers["Location"]
        return UUID(place.rpartition("/")[2])


def words(page: str) -> str:
    """The text of a page with single spaces."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\N{WORD JOINER}", "").split())
