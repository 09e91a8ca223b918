"""The web server: what `manage.py serve` runs in production, and `make run` too.

A supervisor (`python -m console.web_server`) holds the socket and keeps web processes alive (`process.py`). In each, one loop
reads requests and writes answers on all connections (uvicorn; `connection.py` adds limits and deadlines), and a few threads work
on pages: a thread has a request only from when all of it is there (`front.py`) until its answer is made (`threads.py`). So
whoever sends or reads slowly holds a connection and a little memory, never a thread, and not for long.
"""
