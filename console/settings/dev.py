"""Development and demo: `make run`, and `manage.py` unless told otherwise."""

from console import embedded_postgres
from console.settings.base import *  # noqa: F403
from console.settings.base import ALLOWED_HOSTS, AZURE_TENANT_ID, DATA_DIR, database_settings, env

DEBUG = True
ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
DATABASES = database_settings(env.database() or embedded_postgres.settings_of_running_server(DATA_DIR))

# Static files straight from their folders; nothing to collect.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys on http://localhost

# So that each page of the demo leads somewhere: whom to ask, and a company for who has bought something and has none.
SUPPORT_CONTACT = env.contact("SUPPORT_CONTACT", "support@allotment.example")
SALES_CONTACT = env.contact("SALES_CONTACT", "sales@allotment.example")
COMPANY_SELF_SERVICE = env.flag("COMPANY_SELF_SERVICE", True)

PRACTICE_MARKETPLACE = env.flag("PRACTICE_MARKETPLACE", True) and not AZURE_TENANT_ID
if PRACTICE_MARKETPLACE:
    from console.settings.practice import *  # noqa: F403

env.stop_if_wrong()
