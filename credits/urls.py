from django.urls import path

from credits.pages.allocation.undo import undo
from credits.pages.allocation.view import allocation, preview_allocation, withdraw
from credits.pages.allocations_in_detail import allocations
from credits.pages.annual_credits.picker import add_allocation
from credits.pages.annual_credits.view import annual_credits_page
from credits.pages.keep_using import keep_using
from credits.pages.pay_as_you_go.manage import manage_billing
from credits.pages.pay_as_you_go.view import pay_as_you_go
from credits.pages.planning.scenarios import apply, drop, scenario, scenarios
from credits.pages.planning.view import keep, plan_changes, preview_plan
from credits.pages.price_list.conversions import conversions
from credits.pages.price_list.requirements import credit_requirements
from credits.pages.purchases_in_detail import purchases
from credits.pages.runway.view import runway
from credits.pages.solutions.ask import ask_about_estimate
from credits.pages.solutions.estimate import estimate
from credits.pages.solutions.solutions import solutions
from credits.pages.what_changed.view import changes

app_name = "credits"
urlpatterns = [
    path("annual/", annual_credits_page, name="annual-credits"),
    path("annual/add/", add_allocation, name="add-allocation"),
    path("annual/plan/", plan_changes, name="plan"),
    path("annual/plan/preview/", preview_plan, name="preview-plan"),
    path("scenarios/", scenarios, name="scenarios"),
    path("scenarios/keep/", keep, name="keep-scenario"),
    path("scenarios/<int:pk>/", scenario, name="scenario"),
    path("scenarios/<int:pk>/apply/", apply, name="apply-scenario"),
    path("scenarios/<int:pk>/drop/", drop, name="drop-scenario"),
    path("annual/purchases/", purchases, name="purchases"),
    path("annual/allocations/", allocations, name="allocations"),
    path("annual/runway/", runway, name="runway"),
    path("annual/changes/", changes, name="changes"),
    path("annual/features/<slug:feature>/", allocation, name="allocation"),
    path("annual/features/<slug:feature>/preview/", preview_allocation, name="preview-allocation"),
    path("annual/features/<slug:feature>/withdraw/", withdraw, name="withdraw-plan"),
    path("annual/features/<slug:feature>/undo/<uuid:act>/", undo, name="undo-allocation"),
    path("pay-as-you-go/", pay_as_you_go, name="pay-as-you-go"),
    path("pay-as-you-go/manage/", manage_billing, name="manage-billing"),
    path("requirements/", credit_requirements, name="requirements"),
    path("conversions/", conversions, name="conversions"),
    path("solutions/", solutions, name="solutions"),
    path("solutions/estimate/", estimate, name="estimate"),
    path("solutions/estimate/ask-sales/", ask_about_estimate, name="ask-sales"),
    path("keep-using/<int:pk>/", keep_using, name="keep-using"),
]
