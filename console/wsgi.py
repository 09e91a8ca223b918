"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings.prod")
os.environ.setdefault("DATABASE_POOL_SIZE", "8")  # per web process; nothing else pools

application = get_wsgi_application()
