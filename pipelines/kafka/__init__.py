"""Reading partitions of Kafka within Beam, and writing with acknowledgement."""
