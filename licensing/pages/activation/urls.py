from django.urls import path

from licensing.pages.activation import account_and_company as activation_people
from licensing.pages.activation import wizard as activation

app_name = "activation"
urlpatterns = [
    path("", activation.start, name="start"),
    path("handed-over/<str:secret>/", activation_people.handed, name="handed-over"),
    path("<uuid:pk>/", activation.step, name="step"),
    path("<uuid:pk>/review/", activation.review, name="review"),
    path("<uuid:pk>/company/", activation_people.new_company, name="new-company"),
    path("<uuid:pk>/hand-over/", activation_people.make_link, name="hand-over"),
    path("<uuid:pk>/sign-up/", activation_people.sign_up, name="sign-up"),
    path("<uuid:pk>/status/", activation.status, name="status"),
]
