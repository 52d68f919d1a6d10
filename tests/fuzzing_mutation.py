"""Inputs that nobody meant, made of right ones by seeded changes: of bytes, or of values in a structure."""

import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Target = Callable[[bytes], None]
"""Takes an input; must neither stumble, nor think long, nor change what it holds."""


@dataclass
class Mutator:
    """Inputs made of right ones by a few blind changes, and now and then of nothing but chance."""

    rng: random.Random
    corpus: Sequence[bytes]
    tokens: Sequence[bytes] = (b"\0", b"\xff", b"\x7f", b"\x80")
    longest: int = 6000
    shaped: Callable[[], bytes] | None = None
    """Inputs of the right form with odd values in it."""
    shaped_share: float = 0.5

    def next(self) -> bytes:
        rng = self.rng
        if self.shaped is not None and rng.random() < self.shaped_share:
            return self.shaped()
        if rng.random() < 0.02:
            return rng.randbytes(rng.randrange(1, 260))
        data = bytearray(rng.choice(self.corpus))
        for _ in range(1 << rng.randrange(4)):
            self._change(data)
        return bytes(data[: self.longest])

    def _change(self, data: bytearray) -> None:
        rng, size = self.rng, len(data)
        begin = rng.randrange(size + 1)
        end = min(size, begin + rng.choice((1, 1, 2, 4, 8, 32, 200)))
        match rng.randrange(8):
            case 0 if size:
                data[begin % size] ^= 1 << rng.randrange(8)
            case 1 if size:
                data[begin % size] = rng.choice((0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, rng.randrange(256)))
            case 2:
                del data[begin:end]
            case 3:
                data[begin:begin] = data[begin:end] * rng.choice((1, 1, 2, 40))
            case 4:
                data[begin:end] = rng.choice(self.tokens)
            case 5:
                data[begin:begin] = rng.choice(self.tokens)
            case 6:
                other = rng.choice(self.corpus)
                at = rng.randrange(len(other) + 1)
                data[begin:end] = other[at : at + end - begin]
            case _:
                del data[begin:]
                data += rng.randbytes(rng.randrange(4))


ODD: tuple[Any, ...] = (
    *(0, 1, -1, 2, 7, 1000, 1001, 4097, 2**31, 2**32, 2**63, 10**300, 0.0, -0.0, 0.5, 1e-9, 1e300, True, False, None),
    *(
        "",
        "D1",
        "D9",
        "x" * 64,
        "x" * 65,
        "ก",
        "\ud800",
        "\0",
        [],
        [1],
        [0, 0],
        [0, 1001],
        [1, "1"],
        {},
        {"D1": [0, 0]},
    ),
    *([[0, "D1", 1]], [[1, "D1", 0], [0, "D1", 1]], [[0, "D1", 2]], [[]], [[[[[]]]]]),
)


def change_a_value(rng: random.Random, whole: Any, new_key: str, odd: Sequence[Any]) -> None:
    """Somewhere in a structure of dicts and lists a value is another, gone, or new; near the top more often."""
    place = whole
    while True:
        keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = rng.choice([*keys, new_key] if isinstance(place, dict) else keys)
        inner = place.get(key) if isinstance(place, dict) else place[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.3:
            break
        place = inner
    if isinstance(place, dict) and rng.random() < 0.1:
        place.pop(key, None)
    else:
        place[key] = deepcopy(rng.choice(odd))
