"""Is what stands looked at once, and is garbage still found before and after?"""

import gc
import weakref
from collections.abc import Iterator

import pytest

from field_io.heap import spare_nothing, spare_what_stands


class Knot:
    """Refers to itself: only the collector can take it away."""

    def __init__(self) -> None:
        self.me = self


def lost_knot() -> weakref.ref[Knot]:
    return weakref.ref(Knot())


@pytest.fixture(autouse=True)
def whole_heap_afterwards() -> Iterator[None]:
    yield
    spare_nothing()


def test_what_stands_is_looked_at_no_more_and_garbage_of_before_is_gone() -> None:
    before, stands = lost_knot(), [Knot()]
    spare_what_stands()
    assert before() is None
    assert not any(seen is stands for seen in gc.get_objects())


def test_what_comes_later_is_collected() -> None:
    spare_what_stands()
    later = lost_knot()
    gc.collect()
    assert later() is None


def test_what_stood_and_has_gone_is_found_the_next_time() -> None:
    stands = [Knot()]
    seen = weakref.ref(stands[0])
    spare_what_stands()
    stands.clear()
    gc.collect()
    assert seen() is not None
    spare_what_stands()
    assert seen() is None


def test_at_the_end_nothing_is_spared() -> None:
    spare_what_stands()
    assert gc.get_freeze_count() > 0
    spare_nothing()
    assert gc.get_freeze_count() == 0
