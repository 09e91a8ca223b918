from django.urls import path

from licensing.pages.company_chooser.view import companies, switch
from licensing.pages.license.code import code
from licensing.pages.license.receipt import receipt
from licensing.pages.license.view import license_page
from licensing.pages.license_information.view import license_information
from licensing.pages.notices import notice, notices, read_notice, read_notices
from licensing.pages.report_a_figure import report_a_figure
from licensing.pages.support_views import support_views

app_name = "licensing"
urlpatterns = [
    path("", companies, name="companies"),
    path("switch/", switch, name="switch"),
    path("<slug:slug>/notices/", notices, name="notices"),
    path("<slug:slug>/notices/<int:number>/", notice, name="notice"),
    path("<slug:slug>/notices/<int:number>/read/", read_notice, name="read-notice"),
    path("<slug:slug>/notices/read/", read_notices, name="read-notices"),
    path("<slug:slug>/licenses/", license_information, name="license-information"),
    path("<slug:slug>/licenses/<int:pk>/", license_page, name="license"),
    path("<slug:slug>/licenses/<int:pk>/receipt/", receipt, name="receipt"),
    path("<slug:slug>/licenses/<int:pk>/code/", code, name="code"),
    path("<slug:slug>/report-a-figure/", report_a_figure, name="report-figure"),
    path("<slug:slug>/support-views/", support_views, name="support-views"),
]
