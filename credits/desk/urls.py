"""The addresses of the workbench, below /admin/desk/: a line for each room."""

from django.urls import path

from credits.desk.acts.view import act, case
from credits.desk.companies.explanation import explanation
from credits.desk.companies.view import company
from credits.desk.home.view import home
from credits.desk.staff.view import one_of_staff, staff
from credits.desk.orders.view import order
from credits.desk.undo.view import undo, undo_case
from credits.desk.customers.view import customers
from credits.desk.home.view import home
from credits.desk.purchases.view import purchases
from credits.desk.search.view import search
from credits.desk.vendor.view import mail_text, vendor
from credits.desk.viewing.view import end_now, view_as
from credits.desk.imports.view import imports, one_import, template
from credits.desk.health.view import health
from credits.desk.home.view import home, look_again
from credits.desk.to_do.view import item, to_do

app_name = "desk"
urlpatterns = [
    path("", home, name="home"),
    path("staff/", staff, name="staff"),
    path("staff/<int:pk>/", one_of_staff, name="one-of-staff"),
    path("companies/<slug:slug>/", company, name="company"),
    path("companies/<slug:slug>/explain/<str:figure>/", explanation, name="explain"),
    path("orders/<int:pk>/", order, name="order"),
    path("acts/<uuid:pk>/", act, name="act"),
    path("cases/<path:number>/", case, name="case"),
    path("acts/<uuid:act>/undo/", undo, name="undo"),
    path("cases/<str:case>/undo/", undo_case, name="undo-case"),
    path("search/", search, name="search"),
    path("customers/", customers, name="customers"),
    path("purchases/", purchases, name="purchases"),
    path("vendor/", vendor, name="vendor"),
    path("vendor/mails/<str:kind>/", mail_text, name="vendor-mail"),
    path("companies/<slug:slug>/view/", view_as, name="view-as"),
    path("view/end/", end_now, name="end-view"),
    path("imports/", imports, name="imports"),
    path("imports/<uuid:run>/", one_import, name="import"),
    path("imports/template/<slug:kind>.<slug:form>", template, name="import-template"),
    path("look/", look_again, name="look"),
    path("to-do/", to_do, name="to-do"),
    path("to-do/<int:pk>/", item, name="item"),
    path("health/", health, name="health"),
]
