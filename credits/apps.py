from django.apps import AppConfig


class CreditsConfig(AppConfig):
    """What the pool is worth, and what it is set aside for."""

    name = "credits"
    verbose_name = "Credits"

    def ready(self) -> None:
        from credits import answers_to_licensing
        from credits.notices.due_of_balances import register_source
        from licensing import credit_questions

        credit_questions.answer_with(answers_to_licensing)
        register_source()
