"""The contract of a leader as she signed it: the very text, her typed name, the time, and the text's checksum."""

from app.documents.layout import Document, Fact, Note, Stamp
from app.documents.words import Words
from app.domains.communities.values.ground import Hub
from app.domains.recruitment.values import ApplicationCard, Signature


def contract(card: ApplicationCard, signed: Signature, text: str, hub: Hub, words: Words) -> Document:
    """One signed contract; each print of it is the same."""
    _ = words.gettext
    name = hub.name_en if words.locale == "en" else hub.name
    said = _("Signed by typing the name, after signing in by phone ending in %(tail)s.", tail=card.phone_tail)
    return Document(
        title=_("Leader's contract"), name=signed.name, number=f"LC{signed.version}-{card.id.hex[-8:].upper()}",
        stamp=Stamp(hub=f"{hub.code} {name}", round=_("Version %(num)s", num=signed.version),
                    printed=words.moment(signed.at), is_issued=True),
        facts=(
            Fact(_("Version"), signed.version), Fact(_("Signed"), words.moment(signed.at)),
            Fact(_("Leader"), signed.name), Fact(_("Address"), card.candidate.address if card.candidate else ""),
        ),
        blocks=(
            *(Note(part) for part in text.split("\n") if part.strip()), Note(said),
            Note(_("Checksum of the text (SHA-256): %(sum)s", sum=signed.sha256)),
        ),
    )  # fmt: skip
