"""Tests. The database is the throw-away cluster that tests/conftest.py starts, never DATABASE_URL."""

from console.embedded_postgres import SERVING
from console.settings.base import *  # noqa: F403
from console.settings.base import database_settings, env
from console.settings.practice import *  # noqa: F403

DEBUG = False
SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# The owner's, who makes the test database; tests/conftest.py then signs on as the role that serves.
DATABASES = database_settings(env.database("TEST_DATABASE_URL"))
DATABASE_OWNER = DATABASE_WORKER = None
DATABASE_SERVING_ROLE = SERVING

# 0.8 s a hash, as in production, would be most of the suite's time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

STAFF_FACTOR_FROM = None  # tests of it set a day; all others sign staff in by the quickest way

PRACTICE_MARKETPLACE = True
SILENCED_SYSTEM_CHECKS = ["console.E003"]  # DEBUG and DEMO are off, as in production, so that tests see what it shows

METRICS_DIR = env.text("METRICS_DIR")  # what tests count stays in their process
