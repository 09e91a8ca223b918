"""What credits answers when licensing asks (`licensing.credit_questions`): each name is a question."""

from credits.acts.approvals.end_requests import end_requests_of
from credits.acts.billing_model.after_a_contract_changed import repost_after_contract_change as contract_changed
from credits.acts.carry_choice_of_use import carry_choice
from credits.acts.keep_use import keep_units_brought
from credits.acts.keep_use_of_many import keep_units_of_many
from credits.acts.undo.undo_allocation import take_back_what_was_kept
from credits.reading.billing.switched_under import switched_under
from credits.reading.kept_use import allocated_otherwise, keeping_previews, kept_by, products_that_pay_for_a_feature
from credits.reading.totals_on_day import balances_on as free_balances

__all__ = [
    "allocated_otherwise",
    "carry_choice",
    "contract_changed",
    "end_requests_of",
    "free_balances",
    "keep_units_brought",
    "keep_units_of_many",
    "keeping_previews",
    "kept_by",
    "products_that_pay_for_a_feature",
    "switched_under",
    "take_back_what_was_kept",
]
