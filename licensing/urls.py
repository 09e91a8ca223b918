from django.urls import path

from licensing.pages.company_chooser.view import companies, switch
from licensing.pages.company_settings.tenants import company_tenants
from licensing.pages.company_settings.view import company_settings
from licensing.pages.license.code import code
from licensing.pages.license.receipt import receipt
from licensing.pages.license.view import license_page
from licensing.pages.license_information.view import license_information
from licensing.pages.notices import notice, notices, read_notice, read_notices
from licensing.pages.people.invite import invite_again, invite_person, withdraw
from licensing.pages.people.member import member, remove_member
from licensing.pages.people.own_roles import leave_company, roles
from licensing.pages.people.people import people
from licensing.pages.people.role_request import role_request
from licensing.pages.provider_access.access import provider_access
from licensing.pages.provider_access.viewers import provider_viewers
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
    path("<slug:slug>/people/", people, name="people"),
    path("<slug:slug>/people/invite/", invite_person, name="invite"),
    path("<slug:slug>/people/invitations/<int:number>/send-again/", invite_again, name="invite-again"),
    path("<slug:slug>/people/invitations/<int:number>/withdraw/", withdraw, name="withdraw-invitation"),
    path("<slug:slug>/people/requests/<int:number>/", role_request, name="role-request"),
    path("<slug:slug>/people/<int:person>/", member, name="member"),
    path("<slug:slug>/people/<int:person>/remove/", remove_member, name="remove-member"),
    path("<slug:slug>/roles/", roles, name="roles"),
    path("<slug:slug>/leave/", leave_company, name="leave"),
    path("<slug:slug>/report-a-figure/", report_a_figure, name="report-figure"),
    path("<slug:slug>/settings/", company_settings, name="company-settings"),
    path("<slug:slug>/provider-access/", provider_access, name="provider-access"),
    path("<slug:slug>/provider-viewers/", provider_viewers, name="provider-viewers"),
    path("<slug:slug>/settings/tenants/", company_tenants, name="company-tenants"),
    path("<slug:slug>/support-views/", support_views, name="support-views"),
]
