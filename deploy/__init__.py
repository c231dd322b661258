"""How the program is run: command line, processes, Kafka's broker and Flink, metrics, the page, the demo."""

from schemas.lean_imports import absent

with absent("rich"):  # structlog would import it for tracebacks with colours, which no log has
    import structlog as structlog
