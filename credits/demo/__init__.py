"""The demo: four companies and their people, told through the acts as a year of events that ends today.

`people` says who there is, one module per company tells its story, `telling` holds what a story is made of, and `loading`
tells them all in one transaction.
"""
