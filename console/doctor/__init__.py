"""What is wrong with a running installation, each deviation with why it matters and its fix: `manage.py doctor`.

`subjects` has a module a subject, `findings` says what one is, `examination` asks all of them, `report` tells what they found.
Nothing here changes anything, asks for more than the role that serves may read, or tells a secret, an address of a person or
the value of a row.
Each app adds subjects of its own in a module called `subjects_of_doctor`.
"""
