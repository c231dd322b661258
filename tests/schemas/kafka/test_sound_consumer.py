"""The first offset that can be read again behind a damaged place."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.kafka.sound_consumer import first_sound

PLACES = st.integers(0, 5000)


@given(PLACES, PLACES, PLACES)
def test_exactly_the_damaged_offsets_are_passed_over(at: int, damaged: int, left: int) -> None:
    end, asked = at + damaged + left, set()

    def readable(offset: int) -> bool:
        asked.add(offset)
        return offset >= at + damaged

    assert first_sound(readable, at, end) == at + damaged
    assert len(asked) <= 30, "each is a request to the broker"


@given(PLACES, st.sets(st.integers(0, 200)), st.integers(1, 200))
def test_nothing_before_the_first_sound_one_is_handed_out(at: int, damaged: set[int], length: int) -> None:
    found = first_sound(lambda offset: offset - at not in damaged, at, at + length)
    assert at <= found <= at + length
    assert found == at + length or found - at not in damaged
    assert found == at or found - 1 - at in damaged, "what is just before it cannot be read"
