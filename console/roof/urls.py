"""All addresses. The roof: imported by nobody."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from console.doctor.as_seen import as_seen
from console.mail.read_in_development import development_mails
from console.roof import front_door, probes
from console.roof.metrics.page import metrics
from credits.admin.price_list_preview import price_list_preview
from credits.demo.played_apps import played_app, plays_apps
from credits.pages.day_to_show import day_to_show
from credits.pages.explain.view import explanation
from licensing.pages.company_settings.join import join
from licensing.pages.people.invitation import invitation

handler400 = "console.roof.out_of_order.not_read"
handler429 = "console.roof.out_of_order.too_often"  # django-allauth's limits
handler500 = "console.roof.out_of_order.out_of_order"

urlpatterns = [
    path("", front_door.home, name="home"),
    path("accounts/", include("console.people.urls")),
    path("admin/marketplaces/", include("licensing.health.urls")),
    path("admin/desk/", include("credits.desk.urls")),
    path("admin/price-lists/", admin.site.admin_view(price_list_preview), name="price-lists"),
    path("admin/", admin.site.urls),
    path("brand/", include("console.vendor.urls")),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("as-seen", as_seen, name="as-seen"),
    path("metrics", metrics, name="metrics"),
    path("robots.txt", probes.robots, name="robots"),
    path("join/", join, name="join"),
    path("help/", include("console.roof.help")),
    path("activate/", include("licensing.pages.activation.urls")),
    path("marketplace/", include("licensing.pages.marketplace.urls")),
    path("development/mails/", development_mails, name="development-mails"),
    path("invitations/", invitation, name="invitation"),
    path("companies/", include("licensing.urls")),
    path("companies/<slug:slug>/", include("credits.urls")),
    path("companies/<slug:slug>/day/<slug:which>/", day_to_show, name="day-to-show"),
    path("companies/<slug:slug>/explain/<str:figure>.json", explanation, {"written": "json"}, name="explain-json"),
    path("companies/<slug:slug>/explain/<str:figure>/", explanation, name="explain"),
]

if plays_apps():
    urlpatterns.append(path("demo/apps/<slug:feature>/", played_app, name="played-app"))
if settings.PRACTICE_MARKETPLACE:
    urlpatterns.append(path("practice-marketplace/", include("licensing.marketplaces.practice.urls")))
