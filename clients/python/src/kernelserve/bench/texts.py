"""The texts that are measured with, the same with every run.

Words are those of the longest list that Debian's packages have put on this machine; where there is
none, they are made up. Other texts are drawn at random, or come from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_SEED = 1
_LISTS = [
    Path("/usr/share/dict/american-english-insane"),
    Path("/usr/share/dict/american-english-huge"),
    Path("/usr/share/dict/american-english"),
]
_MADE_UP = 400_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Words:
    """Distinct words, and where they are from."""

    words: list[str]
    origin: str


@dataclass(frozen=True)
class Pairs:
    """Texts to compare row by row, as lists of str and as Arrow arrays."""

    name: str
    origin: str
    left: list[str]
    right: list[str]

    def __len__(self) -> int:
        return len(self.left)

    @cached_property
    def left_arrow(self) -> pa.StringArray:
        return pa.array(self.left, pa.string())

    @cached_property
    def right_arrow(self) -> pa.StringArray:
        return pa.array(self.right, pa.string())

    @cached_property
    def is_ascii(self) -> bool:
        return all(map(str.isascii, self.left)) and all(map(str.isascii, self.right))

    @property
    def description(self) -> str:
        size = sum(map(len, self.left)) / max(1, len(self))
        return f"{len(self):,} pairs of {self.origin}, {size:.1f} characters on average"

    def first(self, count: int) -> Pairs:
        return Pairs(self.name, self.origin, self.left[:count], self.right[:count])

    def times(self, count: int) -> Pairs:
        """The same pairs so many times over."""
        return Pairs(self.name, self.origin, self.left * count, self.right * count)


@dataclass(frozen=True)
class Searches:
    """Words to compare with words: for a matrix, for looking up, for a join of one column.

    Those of the matrix are ASCII, for libraries that compare bytes; those to look up have one or
    two letters put in, left out or replaced.
    """

    origin: str
    matrix_queries: list[str]
    matrix_choices: list[str]
    words: list[str]
    lookups: list[str]
    joined: list[str]
    words_arrow: pa.StringArray = field(repr=False)


def load_words() -> Words:
    """The longest list there is."""
    for path in _LISTS:
        if path.exists():
            # A word twice would have two rows, of which a peer may name either.
            words = list(dict.fromkeys(path.read_text(encoding="utf-8").split()))
            return Words(words, f"English words, {len(words):,} to draw from ({path.name})")
    words = make_up_words(_MADE_UP)
    return Words(words, f"made-up words, {len(words):,} to draw from (no word list is installed)")


def make_up_words(count: int) -> list[str]:
    """Distinct words of one to five syllables, in order: of about the lengths that English has."""
    random = np.random.default_rng(_SEED)
    onsets = [*"bcdfghlmnprst", "st", "tr", "pl", "ch", "sh"]
    vowels = [*"aeiou", "ea", "io", "ou"]
    codas = ["", "", "", "n", "r", "s", "t", "l", "ng", "nd"]
    syllables = np.array([o + v + c for o in onsets for v in vowels for c in codas])
    found: dict[str, None] = {}
    while len(found) < count:
        sizes = random.choice(5, p=[0.02, 0.18, 0.4, 0.3, 0.1], size=count) + 1
        drawn = syllables[random.integers(len(syllables), size=int(sizes.sum()))].tolist()
        ends = np.cumsum(sizes).tolist()
        words = ("".join(drawn[end - n : end]) for n, end in zip(sizes.tolist(), ends, strict=True))
        found.update(dict.fromkeys(words))
    return sorted(list(found)[:count])


def draw_pairs(name: str, origin: str, texts: Sequence[str], count: int) -> Pairs:
    """Each side of each pair is drawn by itself."""
    random = np.random.default_rng(_SEED)
    left, right = ([texts[i] for i in random.integers(len(texts), size=count)] for _ in range(2))
    return Pairs(name, origin, _side_by_side(left), _side_by_side(right))


def _side_by_side(texts: list[str]) -> list[str]:
    """The same, one behind the other in memory as if read from a file; drawn, they lie anywhere."""
    return "\n".join(texts).split("\n") if texts else []


def dna(count: int) -> Pairs:
    """As long as primers are."""
    return random_pairs("dna", "DNA at random, 18 to 30 bases", "ACGT", (18, 30), count)


def cjk(count: int) -> Pairs:
    ideographs = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
    return random_pairs("cjk", "ideographs at random, of 3,000", ideographs, (2, 16), count)


def pairs_of_file(name: str, path: Path, count: int) -> Pairs:
    """Drawn from the lines of a file in UTF-8; raises ValueError where there are none."""
    texts = [line for line in path.read_text(encoding="utf-8").splitlines() if line]
    if not texts:
        raise ValueError(f"{path} has no lines")
    return draw_pairs(name, f"{name}, {len(texts):,} to draw from", texts, count)


def random_pairs(
    name: str, origin: str, alphabet: str, sizes: tuple[int, int], count: int
) -> Pairs:
    """Texts of an alphabet, each of a length from one to the other of `sizes`."""
    random = np.random.default_rng(_SEED)
    units = np.array([ord(c) for c in alphabet], dtype="<u4")

    def side() -> list[str]:
        lengths = random.integers(sizes[0], sizes[1] + 1, size=count)
        text = units[random.integers(len(units), size=int(lengths.sum()))].tobytes()
        return _cut(text.decode("utf-32-le"), lengths)

    return Pairs(name, origin, side(), side())


def _cut(text: str, lengths: npt.NDArray[np.int64]) -> list[str]:
    ends = np.cumsum(lengths).tolist()
    return [text[end - n : end] for n, end in zip(lengths.tolist(), ends, strict=True)]


def draw_searches(found: Words, *, matrix: tuple[int, int], lookups: int, joined: int) -> Searches:
    """`matrix` is queries by choices; of `joined` words, at most those that there are."""
    random = np.random.default_rng(_SEED)
    words = found.words
    letters = [word for word in words if word.isascii()]

    def drawn(count: int) -> list[str]:
        return _side_by_side([letters[i] for i in random.integers(len(letters), size=count)])

    return Searches(
        found.origin,
        drawn(matrix[0]),
        drawn(matrix[1]),
        words,
        [misspelt(words[i], random) for i in random.integers(len(words), size=lookups)],
        _side_by_side([words[i] for i in random.permutation(len(words))[:joined]]),
        pa.array(words, pa.string()),
    )


def misspelt(word: str, random: np.random.Generator) -> str:
    """One or two letters replaced, put in or left out, anywhere."""

    def letter() -> str:
        return _LETTERS[random.integers(26)]

    edits: list[Callable[[str, int], str]] = [
        lambda text, at: text[:at] + letter() + text[at + 1 :],
        lambda text, at: text[:at] + letter() + text[at:],
        lambda text, at: text[:at] + text[at + 1 :],
    ]
    for _ in range(int(random.integers(1, 3))):
        word = edits[random.integers(3)](word, int(random.integers(len(word) + 1)))
    return word
