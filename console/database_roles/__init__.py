"""Two roles in the database: one owns the tables and migrates them, the other serves and owns nothing.

`grants` says what the serving role may do, derived from the models; `row_security` which rows it sees: those of the company in
hand; `guards_put_back` sees that the guards of facts hold for both. For who migrates there are `signed_on_as_owner`, and
`locks_while_serving`, so that who serves need not stop. `unsafe_role` tells `check --deploy` when the console would serve as a
role that could undo what the guards promise.
"""
