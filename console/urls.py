"""All addresses. The roof: imported by nobody."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from console import views

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/", include("console.account_urls")),
    path("admin/marketplaces/", include("licensing.health_urls")),
    path("admin/", admin.site.urls),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("activate/", include("licensing.activation_urls")),
    path("marketplace/", include("licensing.marketplace_urls")),
    path("companies/", include("licensing.urls")),
    path("companies/<slug:slug>/credits/", include("credits.urls")),
]

if settings.PRACTICE_MARKETPLACE:
    urlpatterns.append(path("practice-marketplace/", include("licensing.marketplaces.practice.urls")))
