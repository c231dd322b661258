"""Kafka clients for all packages: creating them, reading topics to their ends, skipping damaged records."""
