"""The servers of a run and its job: Kafka's broker, Flink, submitting the job and restarting it, the worker pool."""
