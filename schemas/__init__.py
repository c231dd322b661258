"""The records that Kafka holds, the settings, and how ids are made. Imports no other package of the program."""
