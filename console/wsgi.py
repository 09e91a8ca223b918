"""The WSGI application that the web processes serve (`console/web_server/`)."""

import os

from django.core.wsgi import get_wsgi_application

from console.serving.cycles import collect_cycles_rarely

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings.prod")
os.environ.setdefault("DATABASE_POOL_SIZE", "8")  # console.web_server says how many its threads need; nothing else pools

application = get_wsgi_application()
collect_cycles_rarely()
