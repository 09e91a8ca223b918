"""What processes count by themselves (`counted`) and where it is kept for all of them (`kept`).

What the database knows is asked of it when somebody asks for metrics: `console.roof.metrics`.
"""
