"""Metrics and health: counting what the topics hold, `/metrics`, `/healthz`, the dashboards."""
