"""Settings of sign-in: by e-mail address, what passwords and second factors are like, what is verified, what strangers learn."""

import operator
from typing import Any

AUTH_USER_MODEL = "console.User"
# django-allauth's and Django's own too. Each one listed hashes a wrong password once more, which makes a failed sign-in dear.
AUTHENTICATION_BACKENDS = ["console.people.sessions.signed_in.Backend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "console.people.passwords.first_words_tried.FirstWordsTriedValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "console.people.who_may_sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"reset_password": "console.people.passwords.reset_by_mail.ResetForm"}
ACCOUNT_SIGNUP_FORM_CLASS = "console.people.name_at_sign_up.NameForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_UNIQUE_EMAIL = True
# An address that whoever invites has given counts as verified; one that a person claims at sign-up is verified by a code.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_USER_DISPLAY = operator.attrgetter("email")  # what a stranger wrote as a name goes into no mail
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = None  # the person decides, at sign-in
# Of passwords see console/people/attempts; this is for codes, which are asked for after a right password alone.
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,100/d/key"}

SESSION_COOKIE_AGE = 14 * 24 * 3600  # at most, whoever it is; when it ends earlier says console/people/sessions/limits.py

MFA_ADAPTER = "console.people.sealed_factors.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Allotment"

SOCIALACCOUNT_ADAPTER = "console.people.who_may_sign_in.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # only for an address of its domains that the provider has verified
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
