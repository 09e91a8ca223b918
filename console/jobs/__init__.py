"""Jobs: which go first (`order`), the worker that does them (`worker`), and how long they have waited (`waiting`, `alarm`)."""
