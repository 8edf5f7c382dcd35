"""Codes of sounds are jellyfish's, for every code point but those that docs/kernels.md names."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from random import Random

import jellyfish
import kernelserve as ks
import pytest
from harness.server import Server
from harness.waiting import PATIENCE_S

CODES: dict[str, Callable[[str], str]] = {
    "soundex": jellyfish.soundex,
    "metaphone": jellyfish.metaphone,
    "nysiis": jellyfish.nysiis,
    "match_rating_codex": jellyfish.match_rating_codex,
}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODE_POINTS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
# First and last code points of the letters of some scripts, marks among them.
SCRIPTS = {
    "latin": (0xC0, 0x24F),
    "vietnamese": (0x1E00, 0x1EFF),
    "greek": (0x386, 0x3FF),
    "cyrillic": (0x400, 0x481),
    "hebrew": (0x5D0, 0x5EA),
    "arabic": (0x620, 0x64A),
    "devanagari": (0x904, 0x93B),
    "thai": (0xE01, 0xE30),
    "kana": (0x3041, 0x3096),
    "hangul": (0xAC00, 0xD7A3),
    "cjk": (0x4E00, 0x9FFF),
}


@pytest.fixture(scope="module")
def client(shared_server: Server) -> Iterator[ks.Client]:
    with ks.connect(shared_server.address, timeout=PATIENCE_S) as connected:
        yield connected


def check(client: ks.Client, kernel: str, texts: list[str]) -> None:
    code_of = CODES[kernel]

    def expected(text: str) -> str | None:
        try:
            return code_of(text)
        except ValueError:  # by match_rating_codex: a row's error
            return None

    found = client.run(kernel, texts, row_errors="null")
    wrong = [
        (text, code, expected(text))
        for text, code in zip(texts, found, strict=True)
        if code != expected(text)
    ]
    assert wrong == []


@pytest.mark.filterwarnings("ignore::kernelserve.RowErrorWarning")
@pytest.mark.parametrize("kernel", CODES)
def test_names_in_several_scripts(client: ks.Client, kernel: str) -> None:
    random = Random(4)

    def name(letters: str) -> str:
        return "".join(random.choices(letters, k=random.randint(0, 9)))

    check(client, kernel, [name(LETTERS.lower() + LETTERS) for _ in range(20_000)])
    check(client, kernel, [name("ACDEGHIKMNPSTWX") for _ in range(20_000)])
    check(client, kernel, [name(LETTERS + " '-*1éÉßǰ\ufb03\u0301\u00a0") for _ in range(20_000)])
    for first, last in SCRIPTS.values():
        letters = "".join(map(chr, range(first, last + 1))) + LETTERS[::5]
        check(client, kernel, [name(letters) for _ in range(3_000)])


@pytest.mark.filterwarnings("ignore::kernelserve.RowErrorWarning")
@pytest.mark.parametrize("kernel", CODES)
def test_every_code_point_after_a_letter(client: ks.Client, kernel: str) -> None:
    check(client, kernel, ["AB" + character + "B" for character in CODE_POINTS])


@pytest.mark.filterwarnings("ignore::kernelserve.RowErrorWarning")
@pytest.mark.parametrize("kernel", sorted(CODES.keys() - {"soundex"}))
def test_every_code_point_by_itself(client: ks.Client, kernel: str) -> None:
    check(client, kernel, CODE_POINTS)


def test_soundex_keeps_the_first_part_of_a_character(client: ks.Client) -> None:
    def is_taken_for_whole(character: str) -> bool:
        # What docs/kernels.md says: parts of no Latin letter, beyond these blocks.
        at = ord(character)
        parts = unicodedata.normalize("NFKD", character)
        has_blocks = at < 0x1100 or 0x1D00 <= at < 0x2190 or 0x3040 <= at < 0x3100
        return not has_blocks and not 0xAC00 <= at < 0xD7A4 and not set(parts) & set(LETTERS + " *")

    check(client, "soundex", [c for c in CODE_POINTS if not is_taken_for_whole(c)])
    assert client.run("soundex", ["\u1b06", "\ufb50", "\uf900"]) == [
        "\u1b06000",
        "\ufb50000",
        "\uf900000",
    ]


def test_a_text_that_is_not_alphabetic_fails_by_name(client: ks.Client) -> None:
    with pytest.raises(ks.Error, match=r"row 1: text has U\+0027, expected alphabetic characters"):
        client.run("match_rating_codex", ["Obrien", "O'Brien"])
