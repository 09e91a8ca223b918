from django.urls import path

from licensing.pages.activation import account_and_company, wizard

app_name = "activation"
urlpatterns = [
    path("", wizard.start, name="start"),
    path("handed-over/", account_and_company.open_link, name="handed-over-link"),
    path("<uuid:pk>/", wizard.step, name="step"),
    path("<uuid:pk>/review/", wizard.review, name="review"),
    path("<uuid:pk>/company/", account_and_company.new_company, name="new-company"),
    path("<uuid:pk>/hand-over/", account_and_company.make_link, name="hand-over"),
    path("<uuid:pk>/handed-over/", account_and_company.handed, name="handed-over"),
    path("<uuid:pk>/sign-up/", account_and_company.sign_up, name="sign-up"),
    path("<uuid:pk>/look-again/", account_and_company.look_again, name="look-again"),
    path("<uuid:pk>/status/", wizard.status, name="status"),
]
