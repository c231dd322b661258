"""Ten days of recorded polls through the poller: every item and every revision is published exactly once."""

import asyncio

import pytest

from tests.eval.feeds import FEEDS, recorded, replay

ARCHIVE = FEEDS / "polls-2021-07.tar.xz"


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the recorded polls are not beside this checkout (BORDERWIRE_SHARED)")
def test_every_item_and_every_revision_exactly_once():
    for name, polls in recorded(ARCHIVE).items():
        assert asyncio.run(replay(name, polls)), name
