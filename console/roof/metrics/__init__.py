"""`/metrics`: what the installation counts and how it stands, for Prometheus. docs/operations/metrics.md lists every metric.

`page` answers, `who_may_ask` says whom, `gauges` ask the database; `console.metrics` counts.
"""
