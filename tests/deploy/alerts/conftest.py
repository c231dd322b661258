"""For the tests of commands that run inside the test's process."""

import pytest


@pytest.fixture(autouse=True)
def logs_as_they_are(monkeypatch):
    """A command sets logging up for its process; here it would outlive the test with its captured streams."""
    monkeypatch.setattr("deploy.logs.configure", lambda *_, **__: None)
