from django.apps import AppConfig


class CreditsConfig(AppConfig):
    """What the pool is worth, and what it is set aside for."""

    name = "credits"
    verbose_name = "Credits"

    def ready(self) -> None:
        from console.people.privacy.parts import mentions
        from credits import answers_to_licensing
        from credits.imports.allocations import ALLOCATIONS
        from credits.notices import due_of_balances, kept_in_use, over_threshold, requests
        from credits.reading.approvals.requests import read_with_memberships
        from licensing import credit_questions
        from licensing.imports.kind import offer

        credit_questions.answer_with(answers_to_licensing)
        due_of_balances.register_source()
        kept_in_use.register_source()
        requests.register_source()
        read_with_memberships()
        over_threshold.register_source()
        offer(ALLOCATIONS)
        mentions("credits.DeskItem", "facts")
