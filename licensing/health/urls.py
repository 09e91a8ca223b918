"""The health page of marketplaces, below the admin and for the same people."""

from django.contrib import admin
from django.urls import path

from licensing.admin import health

app_name = "support"
urlpatterns = [
    path("", admin.site.admin_view(health.marketplaces), name="marketplaces"),
    path("test-connection/", admin.site.admin_view(health.try_connection), name="try-connection"),
    path("test-event/", admin.site.admin_view(health.test_event), name="test-event"),
]
