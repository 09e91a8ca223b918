"""Sign-in and the user's own settings. Only the pages of django-allauth that we want are routed."""

from allauth.account import views as account
from allauth.socialaccount import views as socialaccount
from django.urls import include, path, re_path

from console.people.address_confirmation import confirm_address
from console.people.notice_preferences import notices_choice
from console.people.openid_connect import provider as openid_connect
from console.people.privacy.page import own_data, privacy
from console.people.sessions.page import sessions

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", account.signup, name="account_signup"),
    path("confirm-email/", confirm_address, name="account_email_verification_sent"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("sessions/", sessions, name="account_sessions"),
    path("privacy/", privacy, name="account_privacy"),
    path("privacy/data.json", own_data, name="account_data"),
    path("notices/", notices_choice, name="account_notices"),
    path("2fa/", include("allauth.mfa.urls")),
    path("3rdparty/", socialaccount.connections, name="socialaccount_connections"),
    path("3rdparty/login/cancelled/", socialaccount.login_cancelled, name="socialaccount_login_cancelled"),
    path("3rdparty/login/error/", socialaccount.login_error, name="socialaccount_login_error"),
    path("oidc/<slug:provider_id>/login/", openid_connect.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", openid_connect.callback, name="openid_connect_callback"),
]
