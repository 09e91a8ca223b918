"""Two roles in the database: one owns the tables and migrates them, the other serves and owns nothing.

`grants` says what the serving role may do, derived from the models; `row_security` which rows it sees: those of the company in
hand. `signed_on_as_owner` is for who migrates; `unsafe_role` tells `check --deploy` when the console would serve as a role that
could undo what the guards promise.
"""
