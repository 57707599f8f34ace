"""The forms of a rendered page, as a browser would send them."""

from html.parser import HTMLParser
from urllib.parse import urljoin

Sent = dict[str, list[str]]


class Form:
    """`sent`: what a browser sends of it untouched, without its CSRF token; `free`: fields that take any
    text; `buttons`: names with values."""

    def __init__(self, action: str, method: str) -> None:
        self.action, self.method = action, method
        self.sent: Sent = {}
        self.free: set[str] = set()
        self.buttons: list[tuple[str, str]] = []


class _Reader(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.forms: list[Form] = []
        self.ids: set[str] = set()
        self.described: set[str] = set()
        self._form: Form | None = None
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.ids.add(has.get("id", ""))
        self.described.update(has.get("aria-describedby", "").split())
        if tag == "form":
            action = urljoin(self.base, has.get("action") or self.base)
            self._form = Form(action, has.get("method", "get").lower())
            self.forms.append(self._form)
        name = has.get("name", "")
        if self._form is None or "disabled" in has:
            return
        if tag == "option" and self._select:
            self._choose(has)
        if not name or name == "csrfmiddlewaretoken":
            return
        match tag, has.get("type", "text"):
            case "button", _:
                self._form.buttons.append((name, has.get("value", "")))
            case "select", _:
                self._select = name
            case "textarea", _:
                self._text = name
                self._form.free.add(name)
                self._form.sent.setdefault(name, []).append("")
            case "input", "checkbox" | "radio":
                if "checked" in has:
                    self._form.sent.setdefault(name, []).append(has.get("value", "on"))
            case "input", "file" | "submit":
                pass
            case "input", kind:
                self._form.sent.setdefault(name, []).append(has.get("value", ""))
                if kind not in ("hidden", "password"):  # a password comes back from nowhere
                    self._form.free.add(name)

    def _choose(self, has: dict[str, str]) -> None:
        assert self._form is not None
        if "selected" in has or self._select not in self._form.sent:
            self._form.sent[self._select] = [has.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text and self._form is not None:
            self._form.sent[self._text][-1] += data


def forms_of(html: str, address: str) -> list[Form]:
    """Every form of the page that stands at this address."""
    reader = _Reader(address)
    reader.feed(html)
    return reader.forms


def described_by_nothing(html: str) -> set[str]:
    """Ids that `aria-describedby` names and the page lacks."""
    reader = _Reader("")
    reader.feed(html)
    return reader.described - reader.ids
