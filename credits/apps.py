from django.apps import AppConfig


class CreditsConfig(AppConfig):
    """What the pool is worth, and what it is set aside for."""

    name = "credits"
    verbose_name = "Credits"

    def ready(self) -> None:
        from credits.acts.switch_billing_model import repost_after_contract_change
        from credits.notices.due_of_balances import register_kinds
        from credits.reading.totals_on_day import balances_on
        from licensing import credit_questions

        credit_questions.answer_free_balances_with(balances_on)
        credit_questions.tell_about_contracts(repost_after_contract_change)
        register_kinds()
