"""Does a loop tell what an amplifier would: presence as edges, vehicles as counts, exact to the millisecond?"""

import pytest

from sim.loop_edges import LoopSecond, LoopTrack, Passage


def car(name: str, came_s: float, left_s: float = -1.0) -> Passage:
    return (name, 5.0, came_s, left_s, "car")


Story = list[tuple[list[Passage], LoopSecond]]
STORIES: dict[str, Story] = {
    "passes within a second": [([car("a", 0.2, 0.65)], LoopSecond(1, 450, ((200, True), (650, False))))],
    "passes from one second to the next": [
        ([car("a", 0.7)], LoopSecond(1, 300, ((700, True),))),
        ([car("a", 0.7, 1.1)], LoopSecond(0, 100, ((100, False),))),
    ],
    "stands": [
        ([car("a", 0.4)], LoopSecond(1, 600, ((400, True),))),
        ([car("a", 0.4)], LoopSecond(0, 1000, ())),
        ([car("a", 0.4)], LoopSecond(0, 1000, ())),
        ([car("a", 0.4, 3.25)], LoopSecond(0, 250, ((250, False),))),
    ],
    "two follow each other": [
        ([car("a", 0.1, 0.3), car("b", 0.6)], LoopSecond(2, 600, ((100, True), (300, False), (600, True)))),
    ],
    "two motorcycles side by side are one occupation": [
        ([car("a", 0.1, 0.5), car("b", 0.3, 0.8)], LoopSecond(2, 700, ((100, True), (800, False)))),
    ],
    "one leaves as another comes": [
        ([car("a", 0.1, 0.5), car("b", 0.5)], LoopSecond(2, 900, ((100, True),))),
    ],
    "leaves at the end of a second, which SUMO tells twice": [
        ([car("a", 0.5, 1.0)], LoopSecond(1, 500, ((500, True), (1000, False)))),
        ([car("a", 0.5, 1.0), car("b", 1.25)], LoopSecond(1, 750, ((250, True),))),
    ],
    "vanishes without leaving": [
        ([car("a", 0.5)], LoopSecond(1, 500, ((500, True),))),
        ([], LoopSecond(0, 0, ((0, False),))),
    ],
    "changes lanes onto the loop at the start of a second": [
        ([], LoopSecond(0, 0, ())),
        ([car("a", 1.0, 1.5)], LoopSecond(1, 500, ((0, True), (500, False)))),
    ],
    "comes again much later": [
        ([car("a", 0.2, 0.4)], LoopSecond(1, 200, ((200, True), (400, False)))),
        ([car("a", 1.2, 1.4)], LoopSecond(1, 200, ((200, True), (400, False)))),
    ],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_story(story: Story) -> None:
    track = LoopTrack()
    for second, (passages, told) in enumerate(story):
        assert track.second(second, second + 1, passages) == told
