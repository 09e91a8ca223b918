"""The addresses of the workbench, below /admin/desk/. The number of a case may be any text, so it stands in the query."""

from django.urls import path

from credits.desk.acts.view import act, case
from credits.desk.companies.explanation import explanation
from credits.desk.companies.view import company
from credits.desk.company_choice.view import company_choice
from credits.desk.customers.view import customers
from credits.desk.erasing.view import erase
from credits.desk.health.view import health
from credits.desk.home.view import home, look_again
from credits.desk.imports.view import imports, one_import, template
from credits.desk.orders.view import order
from credits.desk.purchases.view import purchases
from credits.desk.search.view import search
from credits.desk.staff.view import one_of_staff, staff
from credits.desk.to_do.view import item, to_do
from credits.desk.undo.view import undo, undo_case
from credits.desk.vendor.view import mail_text, vendor
from credits.desk.viewing.view import end_now, view_as

app_name = "desk"
urlpatterns = [
    path("", home, name="home"),
    path("acts/<uuid:pk>/", act, name="act"),
    path("acts/<uuid:act>/undo/", undo, name="undo"),
    path("cases/undo/", undo_case, name="undo-case"),
    path("cases/", case, name="case"),
    path("companies/<slug:slug>/", company, name="company"),
    path("companies/<slug:slug>/view/", view_as, name="view-as"),
    path("companies/<slug:slug>/explain/<str:figure>/", explanation, name="explain"),
    path("customers/", customers, name="customers"),
    path("find-company/<slug:field>/", company_choice, name="company-choice"),
    path("health/", health, name="health"),
    path("imports/", imports, name="imports"),
    path("imports/<uuid:run>/", one_import, name="import"),
    path("imports/template/<slug:kind>.<slug:form>", template, name="import-template"),
    path("look/", look_again, name="look"),
    path("orders/<int:pk>/", order, name="order"),
    path("people/<int:pk>/erase/", erase, name="erase-person"),
    path("purchases/", purchases, name="purchases"),
    path("search/", search, name="search"),
    path("staff/", staff, name="staff"),
    path("staff/<int:pk>/", one_of_staff, name="one-of-staff"),
    path("to-do/", to_do, name="to-do"),
    path("to-do/<int:pk>/", item, name="item"),
    path("vendor/", vendor, name="vendor"),
    path("vendor/mails/<str:kind>/", mail_text, name="vendor-mail"),
    path("view/end/", end_now, name="end-view"),
]
