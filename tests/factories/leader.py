"""A leader's browser without scripts."""

import re
from uuid import UUID

from app.domains.accounts.models import Account
from tests.factories.accounts import let_in
from tests.factories.shopper import Shopper


class Leader(Shopper):
    """A leader's browser."""

    def as_leader(self, account_id: UUID) -> "Leader":
        """Sign in without the form."""
        let_in(self.client, self._database, Account(id=account_id, role="leader"))
        return self

    def csrf(self) -> str:
        """The secret of this browser's forms, as the portal's pages carry it."""
        page = self.client.get("/leader/me", follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        return found[1]
