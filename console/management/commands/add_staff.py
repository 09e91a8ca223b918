"""`manage.py add_staff ADDRESS`: the first person of support, and others where nobody can sign in to add them."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from console.company_in_hand import for_all
from console.models import User
from console.people.staff.make_staff import RefusedStaff, link_to_set_password, mail_link_to_set_password, make_staff


class Command(BaseCommand):
    help = (
        "Make a person support staff, who works at /admin/. They set a password by a link, which this prints at a terminal; with "
        "--mail it is sent to them, with --ask-password the password is asked for here. Repeated before they have signed in, it "
        "makes a new link."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="the e-mail address they sign in with")
        parser.add_argument("--name", default="", help="their name, as customers may read it")
        parser.add_argument("--superuser", action="store_true", help="may do everything; the first one has to be")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--mail", action="store_true", help="send the link by mail; needs the worker")
        how.add_argument("--ask-password", action="store_true", help="ask for the password at the terminal")

    @for_all("who is made staff may be a member of whatever company")
    def handle(self, *, address: str, name: str, superuser: bool, mail: bool, ask_password: bool, **options: Any) -> None:
        if not mail and not at_a_terminal(sys.stdin if ask_password else sys.stdout):
            raise CommandError(
                "A password or its link belongs into no file: run this at a terminal, or let --mail send it; nothing was changed."
            )
        password = ask(address, name) if ask_password else None
        try:
            person, is_new = make_staff(address, superuser=superuser, name=name)
        except RefusedStaff as refused:
            raise CommandError(f"{refused} Nothing was changed.") from None
        said = (
            f"{person.email} {'was added and ' if is_new else ''}is support staff{', superuser' if person.is_superuser else ''}."
        )
        self.stdout.write(said)
        if password is not None:
            person.set_password(password)
            person.save(update_fields=["password"])
            self.stdout.write("The password is set: sign in, and set up a second factor.")
        elif mail:
            mail_link_to_set_password(person)
            self.stdout.write("The link to set a password is on its way by mail; the worker sends it.")
        else:
            self.stdout.write("Let them open this, once, within three days. Whoever opens it sets the password:")
            self.stdout.write(link_to_set_password(person))


def ask(address: str, name: str) -> str:
    """Twice the same, and as strong as everybody's. Raises CommandError."""
    first, second = getpass.getpass("Password: "), getpass.getpass("The same again: ")
    if first != second:
        raise CommandError("These were not the same. Nothing was changed; try again.")
    try:
        validate_password(first, User(email=address, name=name))
    except ValidationError as error:
        raise CommandError(f"{' '.join(error.messages)} Nothing was changed; try again.") from None
    return first


def at_a_terminal(stream: Any) -> bool:
    return bool(stream.isatty())
