"""People who never stop asking: they sign in, read and allocate, each time by a new connection, and note how it went."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import requests

PASSWORD = "allotment-demo"
CREDITS = "/companies/aster/credits/annual/"
FEATURE = f"{CREDITS}features/endpoint-sensor/"
PAGES = (CREDITS, "/companies/aster/licenses/", FEATURE)
SIGNED_IN = "Sign out"
CHOSEN = ("radio", "checkbox")
PATIENCE = 300


@dataclass(frozen=True)
class Asked:
    at: float
    what: str
    seconds: float
    problem: str
    """Empty where it was answered as it should be."""


class Form(HTMLParser):
    """The fields of the form with this id, or of the first one that posts."""

    def __init__(self, text: str, name: str = "") -> None:
        super().__init__()
        self.name, self.inside, self.done = name, False, False
        self.fields: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.done:
            self.inside = said.get("id") == self.name if self.name else said.get("method", "").lower() == "post"
        elif tag == "input" and self.inside and "name" in said and (said.get("type") not in CHOSEN or "checked" in said):
            self.fields[said["name"]] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.inside:
            self.inside, self.done = False, True


@dataclass
class Visitors:
    """Threads that ask `address` until `leave`; `asked` is what became of it."""

    address: str
    asked: list[Asked] = field(default_factory=list)
    saved: int = 0
    signed_out: int = 0
    """How often somebody had to sign in again."""
    leaving: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def come(self) -> None:
        readers = [self.reader("viewer@aster.example"), self.reader("admin@aster.example")]
        for behavior in (*readers, self.writer("manager@aster.example"), self.stranger):
            self.threads.append(threading.Thread(target=self.again_and_again, args=[behavior], daemon=True))
            self.threads[-1].start()

    def leave(self) -> None:
        self.leaving.set()
        for each in self.threads:
            each.join(PATIENCE)

    def again_and_again(self, behavior: Callable[[], None]) -> None:
        while not self.leaving.is_set():
            behavior()
            time.sleep(0.02)

    def ask(self, session: requests.Session, method: str, path: str, expects: str = "", **rest: object) -> str:
        """One request, noted; `expects` is what its text must hold. Returns the text."""
        began, problem, text = time.monotonic(), "", ""
        try:
            answer = session.request(
                method,
                f"{self.address}{path}",
                headers={"Connection": "close"},
                timeout=PATIENCE,
                **rest,  # type: ignore[arg-type]
            )
            text = answer.text
            if answer.status_code != 200 or expects not in text:
                problem = f"{answer.status_code} at {answer.url}"
        except requests.RequestException as error:
            problem = f"{type(error).__name__}: {error}"
        self.asked.append(Asked(began, f"{method} {path}", time.monotonic() - began, problem))
        return text

    def signed_in(self, person: str) -> requests.Session:
        session = requests.Session()
        fields = Form(self.ask(session, "GET", "/accounts/login/")).fields
        self.ask(session, "POST", "/accounts/login/", SIGNED_IN, data={**fields, "login": person, "password": PASSWORD})
        return session

    def page(self, sessions: dict[str, requests.Session], person: str, path: str) -> str:
        """A page for somebody signed in, who signs in again where that is asked for."""
        text = self.ask(sessions[person], "GET", path)
        if 'name="password"' in text:
            self.signed_out += 1
            sessions[person] = self.signed_in(person)
            text = self.ask(sessions[person], "GET", path, SIGNED_IN)
        return text

    def reader(self, person: str) -> Callable[[], None]:
        sessions = {person: self.signed_in(person)}

        def read() -> None:
            for path in PAGES:
                self.page(sessions, person, path)

        return read

    def writer(self, person: str) -> Callable[[], None]:
        sessions = {person: self.signed_in(person)}

        def write() -> None:
            fields = Form(self.page(sessions, person, FEATURE), "allocation-form").fields
            fields |= {name: str(self.saved % 7 + 1) for name in fields if re.match(r"units_", name)}
            before = len([each for each in self.asked if each.problem])
            self.ask(sessions[person], "POST", FEATURE, SIGNED_IN, data=fields)
            self.saved += len([each for each in self.asked if each.problem]) == before

        return write

    def stranger(self) -> None:
        with requests.Session() as session:
            self.ask(session, "GET", "/healthz")
            self.ask(session, "GET", "/accounts/login/", "Sign in")
