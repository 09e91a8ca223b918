"""Production. Everything comes from the environment; each wrong or missing value is named with its fix at start-up."""

from console.people.identity_providers import demand_domains
from console.settings.base import *  # noqa: F403
from console.settings.base import (
    AZURE_TENANT_ID,
    DATABASE_OWNER,
    DATABASE_WORKER,
    DEMO,
    SECRET_KEY_OF_DEVELOPMENT,
    SOCIALACCOUNT_PROVIDERS,
    STORAGES_OF_COLLECTED_FILES,
    database_settings,
    env,
    serving_role,
)
from console.settings.parts.encrypted_ways_out import demand_encrypted_database, demand_encryption
from console.settings.parts.logs_and_metrics import logging_to_terminal
from console.settings.parts.proxies import demand_hosts, origin_of

DEBUG = False

SECRET_KEY = env.secret("SECRET_KEY", None, example="$(openssl rand -base64 48)")
if SECRET_KEY == SECRET_KEY_OF_DEVELOPMENT:
    env.wrong("SECRET_KEY", "is the public one of development", fix="Make one of your own: openssl rand -base64 48")
if SECRET_KEY and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5):
    env.wrong("SECRET_KEY", "is too short to be safe", fix="Make one of 50 characters or more: openssl rand -base64 48")

ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", None, example="allotment.example.com")

DATABASES = database_settings(env.database(required=True))
DATABASE_SERVING_ROLE = serving_role(DATABASES, DATABASE_OWNER)

MAILERS = {"default": env.mailer(default=None)}
EMAIL_FROM = env.text("EMAIL_FROM", None, example="Allotment <allotment@example.com>")
if EMAIL_FROM and "@" not in EMAIL_FROM:
    env.wrong("EMAIL_FROM", f'"{EMAIL_FROM}" has no e-mail address', fix="For example allotment@example.com")
DEFAULT_FROM_EMAIL = EMAIL_FROM
SERVER_EMAIL = EMAIL_FROM

CONSOLE_URL = env.address("CONSOLE_URL", None, schemes=("https",), ends="host").rstrip("/")
demand_hosts(env, ALLOWED_HOSTS, CONSOLE_URL)
CSRF_TRUSTED_ORIGINS = [each for each in [origin_of(CONSOLE_URL)] if each]

SALES_CONTACT = env.contact("SALES_CONTACT", None)
SUPPORT_CONTACT = env.contact("SUPPORT_CONTACT", None)

STORAGES = STORAGES_OF_COLLECTED_FILES

# --- Encryption

demand_encrypted_database(env, "DATABASE_WORKER_URL", DATABASE_WORKER or {})
if DATABASE_WORKER and DATABASE_WORKER.get("USER", "") != DATABASES["default"].get("USER", ""):
    env.wrong(
        "DATABASE_WORKER_URL", "names another role than DATABASE_URL", fix="Name the same: that one is granted what it needs"
    )
demand_encryption(env, database=DATABASES["default"], mailer=MAILERS["default"], providers=SOCIALACCOUNT_PROVIDERS)
demand_domains(env, SOCIALACCOUNT_PROVIDERS)

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# By this beginning browsers take them from this host alone, over TLS, so that no neighbor below the same domain can plant one.
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
SECURE_SSL_REDIRECT = env.flag("SSL_REDIRECT", True)
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

SILENCED_SYSTEM_CHECKS = [
    "security.W021",  # preloading HSTS is for the owner of the whole domain to decide
]

LOGGING = logging_to_terminal(env, default="json")

PRACTICE_MARKETPLACE = env.flag("PRACTICE_MARKETPLACE") and not AZURE_TENANT_ID
if PRACTICE_MARKETPLACE and not DEMO:
    env.wrong(
        "PRACTICE_MARKETPLACE",
        "would let anybody make purchases that nobody pays for",
        fix="Unset it; or, where nothing is real, set DEMO=1",
    )
elif PRACTICE_MARKETPLACE:
    from console.settings.practice import *  # noqa: F403

env.stop_if_wrong()
