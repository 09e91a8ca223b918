from django.urls import path

from licensing.views.companies import companies
from licensing.views.license import license_page
from licensing.views.license_information import license_information

app_name = "licensing"
urlpatterns = [
    path("", companies, name="companies"),
    path("<slug:slug>/licenses/", license_information, name="license-information"),
    path("<slug:slug>/licenses/<int:pk>/", license_page, name="license"),
]
