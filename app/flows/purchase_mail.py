"""The e-mail about a purchase order, Chinese above English: what to bring, what changed, where to answer."""

from functools import partial

from app.documents.catalogue import Form
from app.documents.making import make
from app.documents.words import amount
from app.domains.notifications.values import MailAttachment, MailCard, OutgoingMail
from app.domains.supply.queries import purchasing as reads
from app.domains.supply.values import PurchaseStatus
from app.domains.supply.values.purchasing import PurchaseEventKind, PurchaseOrderSheet
from app.flows.documents import of_sheet
from app.flows.purchasing import supplier_link
from app.infra.settings import Settings
from app.infra.uow import Run

#: The order goes along as a print and as a workbook, in Chinese: that is the supplier's paper.
_FORMS = (Form.PDF, Form.XLSX)


def purchase_mail(read: Run, settings: Settings, card: MailCard) -> OutgoingMail:
    """The e-mail about an order as it stands now; a cancelled one says so and has no link. Raises NotFound."""
    sheet = read(reads.purchase_order_sheet, card.about_id)
    link = supplier_link(settings, read, card.about_id)
    changes = _changes(read, sheet)
    cancelled = sheet.status == PurchaseStatus.CANCELLED.value
    version = f" v{sheet.version}" if sheet.version > 1 else ""
    words = ("采购单取消", "cancelled") if cancelled else ("采购单", "purchase order")
    return OutgoingMail(
        key=card.id,
        to_address=card.to_address,
        subject=f"{words[0]} {sheet.no}{version} · {sheet.hub_name} {sheet.deliver_on} / {words[1]}",
        text=_chinese(sheet, link, changes) + "\n" + "-" * 40 + "\n\n" + _english(sheet, link, changes),
        attachments=() if cancelled else _files(sheet),
    )


def _files(sheet: PurchaseOrderSheet) -> tuple[MailAttachment, ...]:
    """The order on paper; its time is that of its sending, so that a mail sent twice carries the same files."""
    files = [make(*of_sheet(sheet, form, "zh", sheet.sent_at)) for form in _FORMS] if sheet.sent_at else []
    return tuple(MailAttachment(name=file.name, mime=file.media_type, content=file.content) for file in files)


def _changes(read: Run, sheet: PurchaseOrderSheet) -> list[tuple[str, int, int]]:
    """What the last amendment changed: (SKU, packs before, packs now)."""
    kinds = {PurchaseEventKind.AMENDED, PurchaseEventKind.CANCELLED}
    last = next((one for one in reversed(read(reads.timeline, sheet.id)) if one.kind in kinds), None)
    if last is None or last.version != sheet.version:
        return []
    return [(str(one["sku"]), int(one["old_packs"]), int(one["packs"])) for one in last.detail.get("lines", [])]


def _sum(cents: int, currency: str) -> str:
    """Money as on the paper that goes along: 1,116.80."""
    return f"{amount(cents, currency):,}"


def _chinese(sheet: PurchaseOrderSheet, link: str | None, changes: list[tuple[str, int, int]]) -> str:
    cents = partial(_sum, currency=sheet.currency)
    rows = [f"{sheet.contact or sheet.supplier_name}，您好：", ""]
    if sheet.status == PurchaseStatus.CANCELLED.value:
        return "\n".join([*rows, f"采购单 {sheet.no} 已取消，请不要送货。原因：{sheet.hq_note or '无'}", ""])
    rows.append(f"请于 {sheet.deliver_on} 送到 {sheet.hub_name}（{sheet.hub_code}）。")
    rows.append(f"采购单号 {sheet.no}，第 {sheet.version} 版。")
    if changes:
        rows += ["", f"本版有改动（{sheet.hq_note}），旧链接已失效："]
        rows += [f"  {code}：{old} 箱 → {new} 箱" for code, old, new in changes]
    rows.append("")
    for line in (one for one in sheet.lines if one.packs):
        told = f"{line.packs} 箱 × {line.pack_size} = {line.ordered_qty} 件，单价 {cents(line.cost_cents)}"
        rows.append(f"  {line.sku_code} {line.name} {line.spec}：{told}")
    rows += ["", f"货款 {cents(sheet.goods_cents)} {sheet.currency}"]
    rows += [f"未达起订额补差 {cents(sheet.fee_cents)} {sheet.currency}"] if sheet.fee_cents else []
    rows.append(f"合计 {cents(sheet.total_cents)} {sheet.currency}")
    rows += ["", "请打开链接确认，或减少数量、说明缺货（无需账号）：", link] if link else []
    return "\n".join([*rows, ""])


def _english(sheet: PurchaseOrderSheet, link: str | None, changes: list[tuple[str, int, int]]) -> str:
    cents = partial(_sum, currency=sheet.currency)
    rows = [f"Dear {sheet.contact or sheet.supplier_name_en or sheet.supplier_name},", ""]
    if sheet.status == PurchaseStatus.CANCELLED.value:
        told = f"Purchase order {sheet.no} is cancelled; please do not deliver. Reason: {sheet.hq_note or 'none'}"
        return "\n".join([*rows, told, ""])
    rows.append(f"Please deliver to {sheet.hub_name_en} ({sheet.hub_code}) on {sheet.deliver_on}.")
    rows.append(f"Purchase order {sheet.no}, version {sheet.version}.")
    if changes:
        rows += ["", f"This version differs ({sheet.hq_note}); the old link is dead:"]
        rows += [f"  {code}: {old} packs -> {new} packs" for code, old, new in changes]
    rows.append("")
    for line in (one for one in sheet.lines if one.packs):
        packs = "1 pack" if line.packs == 1 else f"{line.packs} packs"
        told = f"{packs} x {line.pack_size} = {line.ordered_qty} pcs at {cents(line.cost_cents)}"
        rows.append(f"  {line.sku_code} {line.name_en or line.name} {line.spec_en or line.spec}: {told}")
    rows += ["", f"Goods {cents(sheet.goods_cents)} {sheet.currency}"]
    rows += [f"Difference to the minimum order {cents(sheet.fee_cents)} {sheet.currency}"] if sheet.fee_cents else []
    rows.append(f"Total {cents(sheet.total_cents)} {sheet.currency}")
    rows += ["", "Please confirm, lower quantities or reject lines here (no account needed):", link] if link else []
    return "\n".join([*rows, ""])
