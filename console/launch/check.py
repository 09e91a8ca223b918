"""`make check` after `prepare`: lint, types, migrations, production settings. Needs no database.

Runs all of them, also after one has failed; exits with 1 when any has.
"""

import os
import subprocess
import sys

from console.launch.folders_and_words import begin

# Every value that production demands, as an installation would set it.
SAMPLE_PRODUCTION = {
    "SECRET_KEY": "a-sample-that-is-long-enough-and-has-many-different-characters-0123456789",
    "ALLOWED_HOSTS": "allotment.example.com",
    "DATABASE_URL": "postgresql://allotment:sample@database.example.com/allotment?sslmode=verify-full",
    "EMAIL_URL": "smtps://allotment:sample@mail.example.com:465",
    "EMAIL_FROM": "Allotment <allotment@example.com>",
    "CONSOLE_URL": "https://allotment.example.com",
    "SALES_CONTACT": "sales@example.com",
    "SUPPORT_CONTACT": "https://support.example.com/",
    "MARKETPLACE_URL": "https://marketplace.example.com/offers/allotment",
}
MANAGE = [sys.executable, "-W", "ignore:Got an error checking a consistent migration history", "manage.py"]
PROGRAMS = {
    "lint": [sys.executable, "-m", "ruff", "check", "--quiet"],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "--quiet"],
    "types": [sys.executable, "-m", "mypy"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "production settings": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}


def main() -> int:
    failed = []
    for name, command in PROGRAMS.items():
        env = dict(os.environ)
        if name == "production settings":
            env |= SAMPLE_PRODUCTION | {"DJANGO_SETTINGS_MODULE": "console.settings.prod"}
        elif name in {"types", "migrations"}:
            env["DJANGO_SETTINGS_MODULE"] = "console.settings.test"
        with begin(name) as step:
            if subprocess.run(command, stdin=subprocess.DEVNULL, env=env, check=False).returncode != 0:
                failed.append(name)
                step.named = f"{name} FAILED"
    print(f"Failed: {', '.join(failed)}." if failed else "Everything passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
