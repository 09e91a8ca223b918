"""The addresses of the workbench, below /admin/desk/: a line for each room."""

from django.urls import path

from credits.desk.home.view import home

app_name = "desk"
urlpatterns = [
    path("", home, name="home"),
]
