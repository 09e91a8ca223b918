from django.urls import path

from licensing.pages.marketplace.landing import landing
from licensing.pages.marketplace.webhook import webhook

app_name = "marketplace"
urlpatterns = [
    path("<str:channel>/landing", landing, name="landing"),
    path("<str:channel>/webhook", webhook, name="webhook"),
]
