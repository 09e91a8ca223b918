from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class ConsoleConfig(AppConfig):
    """Foundation (people, journal, ledger base) and roof (addresses, navigation, health)."""

    name = "console"
    verbose_name = "Console"

    def ready(self) -> None:
        from console import unsafe_settings  # noqa: F401  registers the system checks
        from console.logs.sign_ins import listen
        from console.logs.under_way import count_statements
        from console.metrics import counted

        counted.listen()
        listen()
        from console.people import before_the_address_was_proved
        from console.people.attempts import told_by_mail
        from console.people.openid_connect import signed_in_from
        from console.people.privacy import of_the_console
        from console.people.second_factor import demanded_of_staff  # noqa: F401  and another
        from console.people.sessions import begin_and_end

        begin_and_end.listen()
        told_by_mail.listen()
        before_the_address_was_proved.listen()
        of_the_console.register()
        signed_in_from.listen()
        from console.database_roles import unsafe_role  # noqa: F401  one more of them
        from console.database_roles.grants import grant_after_migrations
        from console.database_roles.guards_put_back import put_guards_back
        from console.database_roles.row_security import tell_with_each_statement
        from console.security.at_rest import former_keys  # noqa: F401  and two

        connection_created.connect(tell_with_each_statement, dispatch_uid="row_security")
        post_migrate.connect(put_guards_back, sender=self, dispatch_uid="guards")
        connection_created.connect(count_statements, dispatch_uid="count_statements")  # nearest to the database: each once
        post_migrate.connect(grant_after_migrations, sender=self, dispatch_uid="grants")
