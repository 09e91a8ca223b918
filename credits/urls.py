from django.urls import path

from credits.views.allocating import allocation, preview_allocation, withdraw
from credits.views.allocations import allocations
from credits.views.annual_credits import annual_credits_page
from credits.views.keep_using import keep_using
from credits.views.purchases import purchases

app_name = "credits"
urlpatterns = [
    path("annual/", annual_credits_page, name="annual-credits"),
    path("annual/purchases/", purchases, name="purchases"),
    path("annual/allocations/", allocations, name="allocations"),
    path("annual/features/<slug:feature>/", allocation, name="allocation"),
    path("annual/features/<slug:feature>/preview/", preview_allocation, name="preview-allocation"),
    path("annual/features/<slug:feature>/withdraw/", withdraw, name="withdraw-plan"),
    path("keep-using/<int:pk>/", keep_using, name="keep-using"),
]
