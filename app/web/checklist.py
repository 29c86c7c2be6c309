"""What each item of the checklist for leaders says about an applicant, in words."""

from app.domains.recruitment.values import Item, ScoredItem
from app.web.words import gettext as _, ngettext


def reason(one: ScoredItem) -> str:
    """Why an item earned what it did, in the language of the page."""
    if one.item is Item.EXPERIENCE:
        return [_("has not served customers yet"), _("up to a year with customers"), _("more than a year")][one.have]
    if one.item is Item.IDENTITY:
        return _("card seen, it agrees") if one.have else _("card not seen yet")
    if one.item is Item.RADIUS and one.have == 0:
        return _("inside the neighbourhood")
    if one.item is Item.HOURS:
        return _("%(have)s h a day; %(want)s h are enough", have=_hours(one.have), want=_hours(one.want))
    if one.item is Item.ENDORSEMENTS:
        return ngettext(
            "%(num)s neighbour; %(want)s are enough", "%(num)s neighbours; %(want)s are enough", one.have, want=one.want
        )
    shapes = {
        Item.RADIUS: _("%(have)s m away; up to %(want)s m count in full"),
        Item.STORAGE: _("%(have)s m²; %(want)s m² are enough"),
        Item.FLOOR: _("floor %(have)s; each floor above the first costs a fifth"),
        Item.FRIDGE: _("%(have)s l; %(want)s l are enough"),
        Item.FREEZER: _("%(have)s l; %(want)s l are enough"),
    }
    return shapes[one.item] % {"have": f"{one.have:,}", "want": f"{one.want:,}"}


def _hours(minutes: int) -> str:
    return f"{minutes / 60:g}" if minutes % 60 in {0, 30} else f"{minutes / 60:.1f}"
