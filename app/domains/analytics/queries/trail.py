"""Who changed what: the audit's rows."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.analytics.values import AuditCard
from app.infra.audit import AuditRow
from app.kernel.paging import Page, PageAsk, page_of


def audit_rows(session: Session, ask: PageAsk, text: str = "", entity_id: UUID | None = None) -> Page[AuditCard]:
    """Changes, newest first; `text` looks into the action and the name of who did it."""
    wanted = select(*(getattr(AuditRow, name) for name in AuditCard.__dataclass_fields__))
    wanted = wanted.order_by(AuditRow.id.desc()).limit(ask.limit + 1)
    if text:
        wanted = wanted.where(
            AuditRow.action.icontains(text, autoescape=True) | AuditRow.actor_name.icontains(text, autoescape=True)
        )
    if entity_id is not None:
        wanted = wanted.where(AuditRow.entity_id == entity_id)
    if ask.after is not None:
        wanted = wanted.where(AuditRow.id < ask.after)
    rows = [AuditCard(**row) for row in session.execute(wanted).mappings()]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)
