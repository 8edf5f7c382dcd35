"""`kernelserve fibonacci`: numbers of any size."""

from __future__ import annotations

import decimal
import sys

import click

from .. import Client
from .listing import is_terminal
from .options import examples, with_client

# On a terminal, a longer number is shown by its ends: it would push all else off the screen.
_TERMINAL_DIGITS_MAX = 2_000
_END_DIGITS = 40

# Below, Python's own conversion (quadratic until 3.12) is as fast.
_QUADRATIC_BITS_MAX = 1 << 13


@click.command(
    # "-1" is a number that is out of range, not an option.
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "kernelserve fibonacci 42",
        "kernelserve fibonacci 10 20 30",
        "kernelserve fibonacci 18446744073709551615 --modulus 1000000007",
        "kernelserve fibonacci 1000000 > f1000000.txt",
    ),
)
@click.argument("n", nargs=-1, required=True, metavar="N...")
@click.option("--modulus", type=int, metavar="M", help="Print F(N) modulo M; N can be any uint64.")
@click.option("--full", is_flag=True, help="All digits of a long number, on a terminal too.")
@with_client
def fibonacci(client: Client, n: tuple[str, ...], modulus: int | None, full: bool) -> None:
    """Print the Fibonacci numbers F(N), of any size, one a line."""
    numbers = [_integer(text) for text in n]
    for number in numbers:
        text = decimal_digits(client.fibonacci(number, modulus=modulus))
        if not full and len(text) > _TERMINAL_DIGITS_MAX and is_terminal(sys.stdout):
            click.echo(f"{text[:_END_DIGITS]}…{text[-_END_DIGITS:]}")
            click.echo(f"({len(text):,} digits; --full or a pipe has all of them)", err=True)
        else:
            click.echo(text)


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        if text.startswith("-"):
            raise click.NoSuchOption(text) from None
        raise click.BadParameter(f"{text!r} is not an integer.", param_hint="'N'") from None


def decimal_digits(number: int) -> str:
    """str(number) for 0 or more, in less than quadratic time and without Python's limit on digits.

    Splits the bits in halves and lets libmpdec, which multiplies by a number-theoretic transform,
    put them together; Python 3.12 and newer have the same in _pylong.
    """
    powers: dict[int, decimal.Decimal] = {}

    def power_of_two(bits: int) -> decimal.Decimal:
        if bits not in powers:
            powers[bits] = decimal.Decimal(2) ** bits
        return powers[bits]

    def convert(part: int, bits: int) -> decimal.Decimal:
        if bits <= _QUADRATIC_BITS_MAX:
            return decimal.Decimal(part)
        low_bits = bits // 2
        high = part >> low_bits
        low = part - (high << low_bits)
        return convert(low, low_bits) + convert(high, bits - low_bits) * power_of_two(low_bits)

    exact = decimal.Context(
        prec=decimal.MAX_PREC,
        Emax=decimal.MAX_EMAX,
        Emin=decimal.MIN_EMIN,
        traps=[decimal.Inexact, decimal.InvalidOperation],
    )
    with decimal.localcontext(exact):
        return str(convert(number, number.bit_length()))
