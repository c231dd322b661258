"""What several tests of the page use."""

import pytest

from tests.support.browser import opened


@pytest.fixture(scope="module")
def browser():
    made = opened()
    yield made
    made.quit()
