"""Connects the outside world with Kafka: polls feeds, fetches pages, sends alerts. Does not use Beam."""
