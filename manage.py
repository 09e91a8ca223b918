#!/usr/bin/env python
"""Django's command line for Allotment."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings.dev")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from console.settings_from_environment import WrongEnvironment

    try:
        execute_from_command_line(sys.argv)
    except WrongEnvironment as problem:  # names each variable and its fix; where it was read is of no use to anybody
        if sys.argv[1:2] != ["doctor"]:
            sys.exit(str(problem))
        from console.doctor.report import tell_of_wrong_settings

        print(tell_of_wrong_settings(problem.told, as_json="--json" in sys.argv))
        sys.exit(1)
    except OperationalError as problem:  # where the database was asked is of no use to anybody, if it does not answer at all
        from console.doctor.subjects.database_server import told_of_no_connection

        told = told_of_no_connection(problem)
        if not told or "--traceback" in sys.argv:
            raise
        sys.exit(told)
