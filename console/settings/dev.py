"""Development and demo: `make run`, and `manage.py` unless told otherwise.

People meet the same pages as in production, errors too; what went wrong stands in the terminal. With DEBUG=1 it stands on the
page, and static files come straight from their folders, as they are.
"""

import os

from console import embedded_postgres
from console.launch.what_an_earlier_start_left import MARK
from console.settings.base import *  # noqa: F403
from console.settings.base import (
    ALLOWED_HOSTS,
    AZURE_TENANT_ID,
    DATA_DIR,
    DATABASE_OWNER,
    LOGGING_TO_TERMINAL,
    STORAGES_OF_COLLECTED_FILES,
    database_settings,
    env,
    serving_role,
)

DEBUG = env.flag("DEBUG", False)
DEMO = env.flag("DEMO", True)
ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
DATABASES = database_settings(env.database() or embedded_postgres.settings_of_running_server(DATA_DIR))
if not env.secret("DATABASE_URL"):
    DATABASE_OWNER = DATABASE_OWNER or embedded_postgres.settings_of_running_server(DATA_DIR, embedded_postgres.OWNER)
DATABASE_SERVING_ROLE = serving_role(DATABASES, DATABASE_OWNER)

# `make run` collects static files at its start; `manage.py runserver` takes them from their folders, as they are now.
STATIC_ROOT = DATA_DIR / "static"
if MARK in os.environ and not DEBUG:
    STORAGES = STORAGES_OF_COLLECTED_FILES
else:
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True

LOGGING = LOGGING_TO_TERMINAL
LOGGING["root"]["level"] = "WARNING"

# Without a mail server, mails are printed, and read on a page: /development/mails/.
if (DEBUG or DEMO) and not env.secret("EMAIL_URL"):
    MAILERS = {"default": {"BACKEND": "console.mail.read_in_development.Backend"}}
    MAILS_KEPT_IN = str(DATA_DIR / "mails")

MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys on http://localhost
MFA_TOTP_TOLERANCE = 1  # the demo's code is shown on a page, which somebody may read for half a minute

# So that each page of the demo leads somewhere: whom to ask, and a company for who has bought something and has none.
SUPPORT_CONTACT = env.contact("SUPPORT_CONTACT", "support@allotment.example")
SALES_CONTACT = env.contact("SALES_CONTACT", "sales@allotment.example")
COMPANY_SELF_SERVICE = env.flag("COMPANY_SELF_SERVICE", True)

PRACTICE_MARKETPLACE = env.flag("PRACTICE_MARKETPLACE", DEMO) and not AZURE_TENANT_ID
if PRACTICE_MARKETPLACE:
    from console.settings.practice import *  # noqa: F403

env.stop_if_wrong()
