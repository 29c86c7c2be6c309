"""Residents whom a shortage may be told to spare."""

from uuid import UUID

from sqlalchemy import select

from app.domains.accounts.models import Account
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.errors import NotFound


def set_vip(uow: UnitOfWork, resident_id: UUID, *, is_vip: bool) -> None:
    """Make a resident a VIP or an ordinary one; repeating changes nothing. Raises NotFound for anybody else."""
    uow.require(Permission.ACCOUNTS_MANAGE)
    found = uow.session.scalar(select(Account).filter_by(id=resident_id, role=Role.RESIDENT).with_for_update())
    if found is None:
        raise NotFound("resident")
    if found.is_vip != is_vip:
        uow.audit("accounts.set_vip", resident_id, {"is_vip": found.is_vip}, {"is_vip": is_vip})
        found.is_vip = is_vip
