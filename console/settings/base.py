"""Settings shared by every way of running; dev, test and prod hold only differences.

Whatever differs between installations comes from the environment through `env`; README.md lists the variables.
"""

from pathlib import Path
from typing import Any

from console.people.identity_providers import identity_providers
from console.settings.parts.azure_marketplace import AZURE_ADDRESSES, RESOURCE_OF_MARKETPLACE, is_connected
from console.settings.parts.content_security_policy import policy_for
from console.settings.parts.logs_and_metrics import logging_to_terminal, metrics_folder, metrics_token
from console.settings.parts.proxies import origin_of, trusted_proxies
from console.settings.parts.sealing_keys import sealing_keys
from console.settings.parts.vendors_own import accent, apps_address, vendor_name
from console.settings.parts.who_stays_signed_in import day_of_staff_factor, session_hours
from console.settings.sign_in import *  # noqa: F403
from console.settings_from_environment import Environment

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = BASE_DIR / ".data"  # the embedded server's data, tools and state; never committed

INSTALLED_APPS = [
    # Ours come first: their templates and commands win over those of the packages below.
    "console",
    "licensing",
    "credits",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",  # the templates of allauth's factors need it
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "console.logs.who_asks.WhoAsksMiddleware",
    "console.security.secret_out_of_address.SecretParameterMiddleware",  # before anything that looks at the address
    # What says how browsers treat an answer stands on refusals and redirects too.
    "console.security.what_browsers_may.BrowserMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "console.security.pages_not_cached.NotKeptMiddleware",
    "console.security.arriving.arrival.ArrivalMiddleware",  # before what asks for the host or redirects to TLS
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # static files are compressed beforehand and do not pass here
    "console.security.arriving.malformed_requests.WellFormedMiddleware",  # before the session's cookie is looked up
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.security.session_ended_in_htmx.HtmxLoginMiddleware",  # outside the redirect to sign-in that it translates for htmx
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "console.people.sessions.middleware.SessionMiddleware",
    "console.security.session_ended_in_htmx.SamePersonMiddleware",
    "console.people.second_factor.demanded_of_staff.FactorMiddleware",
    "licensing.viewing.middleware.ViewingMiddleware",  # knows the person, and stands around all that may write
    "console.admin.staff_ask_for_all.StaffMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "console.security.refusals_as_pages.RefusalMiddleware",
]

ROOT_URLCONF = "console.roof.urls"
WSGI_APPLICATION = "console.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["console.serving.folded_templates.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "builtins": ["console.templatetags.icons", "console.templatetags.exports"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "console.roof.every_page.console",
            ],
        },
    },
]

SECRET_KEY_OF_DEVELOPMENT = "development only: settings.prod demands one of its own"  # public, so good for this machine alone
SECRET_KEY = env.secret("SECRET_KEY", SECRET_KEY_OF_DEVELOPMENT)
SECRET_KEY_FALLBACKS = [each for each in [env.secret("SECRET_KEY_BEFORE")] if each]
SEALING_KEYS = sealing_keys(env, [SECRET_KEY, *SECRET_KEY_FALLBACKS])
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS")

# --- Time, language, keys

USE_TZ = True
TIME_ZONE = "UTC"  # a company's own day is computed from its own zone, never from this one
LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["console.ways_of_writing"]
# Everything is said in English so far. What goes through gettext is ready to be translated; looking each sentence up in a
# catalog that has none of them would cost every page a tenth of its time.
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database, cache

# Only web processes pool: console.web_server sets the variable. A command or a job opens one connection and closes it.
DATABASE_POOL_SIZE = env.number("DATABASE_POOL_SIZE", 0, highest=1000)

# Limits on attempts must hold across processes and restarts, so they are counted in the database.
CACHES = {
    "default": {
        "BACKEND": "console.security.at_rest.keeping_cache.KeepingCache",
        "LOCATION": "console_cache",
        "KEY_FUNCTION": "console.security.at_rest.cache_keys.fingerprint_of_key",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

# --- Jobs: procrastinate, on the same database

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

# --- Static files

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
# For who collects them (`manage.py collectstatic`): made small, compressed, and named by their content.
STORAGES_OF_COLLECTED_FILES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "console.serving.static_files.SmallStaticFilesStorage"},
}

# --- Addresses that bring a bearer secret: taken out of them at once

SECRET_PARAMETERS = {"/marketplace/azure/landing": "token", "/activate/handed-over": "link"}
# What follows is the secret. A link that hands something over is written with the parameter; its path is taken, too.
SECRET_PATHS = ["/activate/handed-over/", "/invitations/"]

# --- What stands in front, and what machines ask for by whatever name they reach a process

TRUSTED_PROXIES = trusted_proxies(env)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
MACHINE_PATHS = ("/healthz", "/readyz", "/metrics")

# --- Browser policy

SESSION_ENGINE = "console.security.at_rest.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # pages hold the token, and an answer that refuses an old one brings the new
CSRF_FAILURE_VIEW = "console.security.form_left_open.form_refused"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Sign-in: see `console.settings.sign_in`; the environment says who else may identify people

SOCIALACCOUNT_PROVIDERS, identity_provider_origins = identity_providers(env)

SESSION_IDLE_HOURS, SESSION_KEPT_IDLE_HOURS, STAFF_SESSION_IDLE_HOURS, STAFF_SESSION_HOURS = session_hours(env)
STAFF_FACTOR_FROM = day_of_staff_factor(env)

SECURE_CSP = policy_for(identity_provider_origins)

DEFAULT_EXCEPTION_REPORTER = "console.security.error_reports.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "console.security.error_reports.ReporterFilter"

# --- Mail

MAILERS = {"default": env.mailer()}
MAILS_KEPT_IN = ""  # a folder, in development: see console/mail/read_in_development.py
EMAIL_FROM = env.text("EMAIL_FROM", "Allotment <allotment@localhost>")
DEFAULT_FROM_EMAIL = EMAIL_FROM
SERVER_EMAIL = EMAIL_FROM

# Where people open the console: the links in mails start with it.
CONSOLE_URL = env.address("CONSOLE_URL", f"http://127.0.0.1:{env.number('PORT', 8000, lowest=1, highest=65535)}", ends="host")
CONSOLE_URL = CONSOLE_URL.rstrip("/")
CSRF_TRUSTED_ORIGINS = [origin_of(CONSOLE_URL)]  # whatever host and scheme a proxy passes on

# --- What happens stands in the terminal, a line each; `/metrics` tells it in numbers

LOGGING_TO_TERMINAL = logging_to_terminal(env, default="text")
METRICS_TOKEN = metrics_token(env)
METRICS_DIR = metrics_folder(env, BASE_DIR)

# --- Kept for a while only

RETENTION_DAYS = env.number("RETENTION_DAYS", 90, lowest=7, highest=3650)

# --- Marketplaces

MARKETPLACES: dict[str, str] = {}
"""Adapter by channel; only those that are configured."""

AZURE_TENANT_ID = env.guid("AZURE_TENANT_ID", what="the tenant in Microsoft Entra")
AZURE_CLIENT_ID = env.guid("AZURE_CLIENT_ID", what="the service app")
# Two, so that a new one can be tried before the old one is withdrawn.
AZURE_CLIENT_SECRETS = [each for each in (env.secret("AZURE_CLIENT_SECRET"), env.secret("AZURE_CLIENT_SECRET_NEXT")) if each]
AZURE_API_URL, AZURE_LOGIN_URL, AZURE_ISSUER_URL = (
    env.address(name, default, schemes=("https",), ends="path").rstrip("/") for name, default in AZURE_ADDRESSES.items()
)
AZURE_RESOURCE_ID = env.guid("AZURE_RESOURCE_ID", RESOURCE_OF_MARKETPLACE, what="the marketplace's API")
AZURE_TOKEN_VERSION = env.number("AZURE_TOKEN_VERSION", 2, lowest=1, highest=2)
AZURE_CLOCK_LEEWAY = env.number("AZURE_CLOCK_LEEWAY", 60, highest=300)
# Seconds: to connect, then to wait for an answer while a person waits, in a job, and within a notification.
AZURE_TIMEOUTS = {"connect": 3.0, "person": 10.0, "job": 30.0, "webhook": 2.0}
if is_connected(env, AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRETS):
    MARKETPLACES["azure"] = "licensing.marketplaces.azure.client.from_settings"

# A service of our own that plays Azure Marketplace, for demos and tests. console/settings/practice.py has its settings.
PRACTICE_MARKETPLACE = False

# Planning mode sends three fields for each line of the catalogue that it shows; an act takes 1,000 lines.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- Whom customers turn to, and what they may do themselves

SALES_CONTACT = env.contact("SALES_CONTACT")
SUPPORT_CONTACT = env.contact("SUPPORT_CONTACT")
VENDOR_NAME, VENDOR_APPS_URL = vendor_name(env), apps_address(env)
VENDOR_ACCENT_LIGHT, VENDOR_ACCENT_DARK = accent(env, "VENDOR_ACCENT_LIGHT", "light"), accent(env, "VENDOR_ACCENT_DARK", "dark")
MARKETPLACE_URL = env.address("MARKETPLACE_URL", schemes=("https", "http"))
# The buyer's own pages, where what was bought at a marketplace is changed: the SaaS resources of the portal, the subscriptions.
AZURE_ORDERS_URL = env.address(
    "AZURE_ORDERS_URL", "https://portal.azure.com/#browse/Microsoft.SaaS%2Fresources", schemes=("https", "http")
)
AWS_ORDERS_URL = env.address(
    "AWS_ORDERS_URL", "https://console.aws.amazon.com/marketplace/home#/subscriptions", schemes=("https", "http")
)
# And where use and cost of a pay-as-you-go contract are seen.
AZURE_BILLING_URL = env.address(
    "AZURE_BILLING_URL",
    "https://portal.azure.com/#view/Microsoft_Azure_CostManagement/Menu",
    schemes=("https", "http"),
)
AWS_BILLING_URL = env.address("AWS_BILLING_URL", "https://console.aws.amazon.com/costmanagement/home", schemes=("https", "http"))
COMPANY_SELF_SERVICE = env.flag("COMPANY_SELF_SERVICE", False)
# Demo companies and people are loaded only where DEBUG is on, or where this asks for them by name.
DEMO = env.flag("DEMO", False)

# Migrations alone sign on as the owner of the tables, where one is named: the role that serves then owns nothing.
DATABASE_OWNER = env.database("DATABASE_OWNER_URL")
DATABASE_SERVING_ROLE = ""
# The worker keeps sessions of its own: where DATABASE_URL names a pooler, this names the server behind it.
DATABASE_WORKER = env.database("DATABASE_WORKER_URL")


def serving_role(databases: dict[str, dict[str, Any]], owner: dict[str, Any] | None) -> str:
    """The role that is granted what it needs after each migration; empty where one role does everything."""
    role: str = databases["default"].get("USER", "")
    if owner and not role:
        env.wrong("DATABASE_URL", "names no user, though DATABASE_OWNER_URL is set", fix="Name the role that serves in it")
    return role if owner and role != owner["USER"] else ""


def database_settings(found: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """`DATABASES` for the database found, or for one that is not there: commands that need none still work."""
    database = found or {"ENGINE": "django.db.backends.postgresql", "NAME": "allotment", "HOST": str(DATA_DIR / "no-server")}
    database.setdefault("OPTIONS", {})
    database["CONN_HEALTH_CHECKS"] = True  # a restarted server costs one reconnect, not an error page
    if DATABASE_POOL_SIZE:
        database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10}
    return {"default": database}
