"""Addresses of the vendor's logo and colors, below /brand/."""

from django.urls import path

from console.vendor.served import colors, logo

app_name = "brand"
urlpatterns = [
    path("<slug:digest>.png", logo, name="logo"),
    path("<slug:digest>.css", colors, name="colors"),
]
