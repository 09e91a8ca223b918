from django.urls import path

from licensing.views import activation, activation_people

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
