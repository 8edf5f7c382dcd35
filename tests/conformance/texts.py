"""Texts of every kind that the contract promises to compare, drawn or made."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

# Few characters each, so that texts have something in common.
ALPHABETS = {
    "ascii": "abcd",
    "latin-1": "aàéÿ\x80",
    "cjk": "日本語學\u3042",
    "emoji": "😀🚀👍\U0010ffff",
    "surrogates": "\ud800\udbff\udc00\udfff",
    "mixed": "a\0é\u0301日😀\udc80\uffff",
}

# Around the lengths at which the kernels change their ways: a byte, a register, a machine word.
LENGTHS = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 300]


def text() -> st.SearchStrategy[str]:
    """A short text of one alphabet, or of all."""
    alphabets = [*ALPHABETS.values(), "".join(ALPHABETS.values())]
    return st.one_of(*(st.text(alphabet, max_size=12) for alphabet in alphabets))


def pair() -> st.SearchStrategy[tuple[str | None, str | None]]:
    """Two texts, often alike; either may be null."""
    related = text().flatmap(lambda left: st.tuples(st.just(left), _edited(left)))
    optional = st.one_of(st.none(), text())
    return st.one_of(related, st.tuples(text(), text()), st.tuples(optional, optional))


def _edited(left: str) -> st.SearchStrategy[str]:
    size = len(left)
    return st.tuples(st.integers(0, size), st.integers(0, size), text()).map(
        lambda cut: left[: cut[0]] + cut[2] + left[cut[1] :]
    )


def make(alphabet: str, length: int, random: Random) -> str:
    return "".join(random.choices(ALPHABETS[alphabet], k=length))


def edit(text: str, alphabet: str, edits: int, random: Random) -> str:
    """`text` after some edits at random places, of which some may cancel out."""
    units = list(text)
    for _ in range(edits):
        at = random.randint(0, len(units))
        kind = random.randrange(3)
        if kind == 0:
            units.insert(at, random.choice(ALPHABETS[alphabet]))
        elif at < len(units) and kind == 1:
            del units[at]
        elif at < len(units):
            units[at] = random.choice(ALPHABETS[alphabet])
    return "".join(units)


def batch(rows: int, random: Random) -> tuple[list[str | None], list[str | None]]:
    """Two columns of pairs: every alphabet, every length, alike and unlike, empty and null."""
    left: list[str | None] = []
    right: list[str | None] = []
    for _ in range(rows):
        alphabet = random.choice(list(ALPHABETS))
        one = make(alphabet, random.choice(LENGTHS), random)
        if random.randrange(3):
            other = edit(one, alphabet, random.randrange(6), random)
        else:
            other = make(alphabet, random.choice(LENGTHS), random)
        left.append(one if random.randrange(12) else None)
        right.append(other if random.randrange(12) else None)
    return left, right
