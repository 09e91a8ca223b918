from django.apps import AppConfig


class LicensingConfig(AppConfig):
    """Who holds which license: a register that makes sense without credits pages."""

    name = "licensing"
    verbose_name = "Licensing"

    def ready(self) -> None:
        from console.exports.page_recorded import hides
        from licensing.acts.companies import leave_companies
        from licensing.acts.people import forget_person
        from licensing.codes.code_format import without_codes
        from licensing.imports import codes, companies, orders, people
        from licensing.imports.kind import offer
        from licensing.notices.changes.tell_after_acts import tell_after_acts
        from licensing.notices.due_of_licenses import register_source
        from licensing.pages.company_settings import at_sign_in
        from licensing.viewing import begin_and_end

        register_source()
        leave_companies.register()
        forget_person.register()
        hides.append(without_codes)
        for kind in (companies.COMPANIES, people.PEOPLE, orders.ORDERS, codes.CODES):
            offer(kind)
        tell_after_acts()
        begin_and_end.listen()
        at_sign_in.listen()
