"""How the program is run: command line, processes, Kafka's broker and Flink, metrics, the page, the demo."""
