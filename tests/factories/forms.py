"""The links and forms of a page, as a program finds them that follows and fills them in."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit


@dataclass
class FoundForm:
    """Where a form goes, and its fields in their order with what stands in them."""

    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class FoundPage:
    """What leads on from a page; addresses are paths of this site."""

    links: list[str]
    forms: list[FoundForm]


def read_page(path: str, text: str) -> FoundPage:
    """Read the page that stands at a path."""
    reader = _Reader(path)
    reader.feed(text)
    return FoundPage(reader.links, reader.forms)


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self.links: list[str] = []
        self.forms: list[FoundForm] = []
        self._form: FoundForm | None = None
        self._chooses = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and has.get("href"):
            self.links.append(self._here(has["href"]))
        elif tag == "form":
            self._form = FoundForm(has.get("method", "get").lower(), self._here(has.get("action", "")))
            self.forms.append(self._form)
        elif self._form and has.get("name") and tag in {"input", "textarea", "button", "select"}:
            self._form.fields.append((has["name"], has.get("value", "")))
            self._chooses = has["name"] if tag == "select" else ""
        elif self._form and tag == "option" and self._chooses and ("selected" in has or not self._form.fields[-1][1]):
            self._form.fields[-1] = (self._chooses, has.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def _here(self, address: str) -> str:
        place = urlsplit(urljoin(self._path, address))
        return "" if place.netloc or place.scheme else place.path + (f"?{place.query}" if place.query else "")
