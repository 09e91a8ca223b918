"""The practice marketplace's addresses, mirroring those of the services that it plays."""

from django.urls import path

from licensing.marketplaces.practice import fulfillment, login
from licensing.marketplaces.practice.storefront import pages

app_name = "practice"

API = "api/saas/subscriptions"
SUBSCRIPTIONS = fulfillment.api_call(GET=("list", fulfillment.list_subscriptions))
SUBSCRIPTION = fulfillment.api_call(
    GET=("get", fulfillment.get_subscription),
    PATCH=("change", fulfillment.change_subscription),
    DELETE=("cancel", fulfillment.cancel),
)
OPERATION = fulfillment.api_call(GET=("operation", fulfillment.get_operation), PATCH=("settle", fulfillment.settle_operation))

urlpatterns = [
    path("", pages.offers, name="offers"),
    path("offers/<slug:offer_id>/", pages.offer, name="offer"),
    path("offers/<slug:offer_id>/buy/", pages.purchase, name="purchase"),
    path("subscriptions/", pages.subscriptions, name="subscriptions"),
    path("subscriptions/<uuid:pk>/", pages.subscription, name="subscription"),
    path("subscriptions/<uuid:pk>/configure/", pages.configure, name="configure"),
    path("subscriptions/<uuid:pk>/recurring/", pages.recurring, name="recurring"),
    path("subscriptions/<uuid:pk>/<slug:action>/", pages.change, name="change"),
    path("calls/<int:pk>/send/", pages.send_again, name="send-again"),
    path("misbehave/", pages.misbehave, name="misbehave"),
    path("login/<str:tenant>/oauth2/v2.0/token", login.token, {"version": 2}, name="token-v2"),
    path("login/<str:tenant>/oauth2/token", login.token, {"version": 1}, name="token-v1"),
    path("login/<str:tenant>/discovery/v2.0/keys", login.keys, name="keys-v2"),
    path("login/<str:tenant>/discovery/keys", login.keys, name="keys-v1"),
    path(API, SUBSCRIPTIONS, name="api-subscriptions"),
    path(f"{API}/", SUBSCRIPTIONS),
    path(f"{API}/resolve", fulfillment.api_call(POST=("resolve", fulfillment.resolve)), name="api-resolve"),
    path(f"{API}/<str:sid>", SUBSCRIPTION, name="api-subscription"),
    path(f"{API}/<str:sid>/activate", fulfillment.api_call(POST=("activate", fulfillment.activate)), name="api-activate"),
    path(f"{API}/<str:sid>/listAvailablePlans", fulfillment.api_call(GET=("plans", fulfillment.list_plans)), name="api-plans"),
    path(
        f"{API}/<str:sid>/operations",
        fulfillment.api_call(GET=("operations", fulfillment.list_operations)),
        name="api-operations",
    ),
    path(f"{API}/<str:sid>/operations/<str:oid>", OPERATION, name="api-operation"),
]
