"""Four alerts on two topics, for tests of the commands that read alerts."""

from tests.support.alerts import alert

ALL = ["alerts.merida", "alerts.arms-trafficking"]
FOUR = [
    alert(1, speaker="Andrés Manuel López Obrador", lang="es"),
    alert(2, outlet="Potomac Courier"),
    alert(3, speaker=None),
    alert(4, topic="arms-trafficking", kind="corroborated"),
]
