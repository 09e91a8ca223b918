from django.urls import include, path, register_converter

from credits.pages.allocation.undo import undo
from credits.pages.allocation.view import allocation, preview_allocation, withdraw
from credits.pages.allocations_in_detail import allocations
from credits.pages.annual_credits.picker import add_allocation
from credits.pages.annual_credits.view import annual_credits_page
from credits.pages.audit.view import audit
from credits.pages.customers.thresholds import threshold
from credits.pages.customers.view import customers
from credits.pages.keep_using import keep_using
from credits.pages.pay_as_you_go.manage import manage_billing
from credits.pages.pay_as_you_go.view import pay_as_you_go
from credits.pages.planning.scenarios import apply, drop, scenario, scenarios
from credits.pages.planning.view import keep, plan_changes, preview_plan
from credits.pages.price_list.conversions import conversions
from credits.pages.price_list.requirements import credit_requirements
from credits.pages.purchases_in_detail import purchases
from credits.pages.requests.approvals import approvals
from credits.pages.requests.ask import ask
from credits.pages.requests.view import request_page, requests
from credits.pages.runway.view import runway
from credits.pages.solutions.ask import ask_about_estimate
from credits.pages.solutions.estimate import estimate
from credits.pages.solutions.solutions import solutions
from credits.pages.statement.addresses import MonthInAddress
from credits.pages.statement.view import statement, statements
from credits.pages.usage.feature import feature_history
from credits.pages.usage.view import observe_feature, usage
from credits.pages.what_changed.view import changes

register_converter(MonthInAddress, "month")

app_name = "credits"
of_credits = [
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
    path("annual/features/<slug:feature>/ask/", ask, name="ask-for-units"),
    path("annual/features/<slug:feature>/preview/", preview_allocation, name="preview-allocation"),
    path("annual/features/<slug:feature>/withdraw/", withdraw, name="withdraw-plan"),
    path("annual/features/<slug:feature>/undo/<uuid:act>/", undo, name="undo-allocation"),
    path("requests/", requests, name="requests"),
    path("requests/<int:pk>/", request_page, name="request"),
    path("approvals/", approvals, name="approvals"),
    path("customers/", customers, name="customers"),
    path("customers/<slug:customer>/threshold/", threshold, name="threshold"),
    path("annual/features/<slug:feature>/history/", feature_history, name="feature-history"),
    path("annual/features/<slug:feature>/observe/", observe_feature, name="observe-feature"),
    path("usage/", usage, name="usage"),
    path("pay-as-you-go/", pay_as_you_go, name="pay-as-you-go"),
    path("pay-as-you-go/manage/", manage_billing, name="manage-billing"),
    path("requirements/", credit_requirements, name="requirements"),
    path("conversions/", conversions, name="conversions"),
    path("solutions/", solutions, name="solutions"),
    path("solutions/estimate/", estimate, name="estimate"),
    path("solutions/estimate/ask-sales/", ask_about_estimate, name="ask-sales"),
    path("statement/", statements, name="statements"),
    path("statement/<month:month>/", statement, name="statement"),
    path("keep-using/<int:pk>/", keep_using, name="keep-using"),
]
urlpatterns = [
    path("audit-log/", audit, name="audit"),
    path("credits/", include(of_credits)),
]
