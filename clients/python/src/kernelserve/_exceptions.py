"""Every error that this package raises.

    Error
    ├── InvalidArgumentError           also ValueError: the call cannot work as it is
    │   ├── OutOfRangeError            a number outside its range
    │   │   └── ResultOverflowError    also OverflowError: a result that its type cannot hold
    │   ├── WrongTypeError             also TypeError
    │   ├── UnknownNameError           also LookupError: of a kernel, scorer or parameter
    │   ├── LengthMismatchError        columns of one call that differ in length
    │   ├── MalformedColumnError       buffers that are no Arrow column
    │   ├── InvalidTextError           text that is not UTF-8
    │   └── RowFailedError             a kernel's error for one row
    ├── TooLargeError                  also ValueError: a request or reply over the server's bound
    ├── DeadlineError                  also TimeoutError
    ├── OverloadedError                the server has no room now; retried before it is raised
    ├── ConnectError                   also ConnectionError: nobody answers at the address
    │   └── EmbeddedServerError        the server that this process started failed
    │       └── ServerNotFoundError    also FileNotFoundError: there is no server to start
    ├── AuthenticationError            also PermissionError: the token or certificate is refused
    ├── UnsupportedError               also NotImplementedError: the server is older than the client
    ├── CallCancelledError             somebody cancelled the call
    ├── ClientClosedError              also RuntimeError: the client was closed
    └── ServerError                    a defect of the server, or a reply that makes no sense

An error is made from one string, which ends in what programs need:

    no scorer is named "levenstein.distance"; did you mean "levenshtein.distance"?
    [code=NOT_FOUND reason=UNKNOWN_SCORER field="scorer.name" request_id=5f0c9a1e.7]

(on one line). So it survives whoever rebuilds it from its message, as Polars does
with what is raised inside an expression, and it pickles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

_STRING = r'"(?:[^"\\]|\\.)*"'
_TRAILER = re.compile(rf" \[code=\w+(?: \w+=(?:{_STRING}|[^\s\"\]]+))*\]")
_ATTRIBUTE = re.compile(rf"(\w+)=({_STRING}|[^\s\"\]]+)")
_BARE = re.compile(r"[\w.:-]+")


class Error(Exception):
    """Base class of all errors here.

    Attributes, each None where it does not apply:
        message: the sentence alone.
        code: gRPC's code by name, such as "INVALID_ARGUMENT".
        reason: an ErrorReason of error_reason.proto without its prefix, such as "LENGTH_MISMATCH".
        request_id: names the call, as x-request-id did in its metadata.
        field: the argument at fault, a path into the request such as "left.offsets".
        bound: what would have been taken.
        value: what was received, cut short.
        row: the index of the row at fault, counted over the whole column.
        retry_after: seconds after which the same call may succeed.
    """

    message: str
    code: str | None
    reason: str | None
    request_id: str | None
    field: str | None
    bound: str | None
    value: str | None
    row: int | None
    retry_after: float | None

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        trailer = None
        for trailer in _TRAILER.finditer(message):  # noqa: B007 - the last one is ours
            pass
        found = dict(_ATTRIBUTE.findall(trailer.group())) if trailer else {}
        told = {key: json.loads(v) if v[0] == '"' else v for key, v in found.items()}
        self.message = message[: trailer.start()] if trailer else message
        self.code = told.get("code")
        self.reason = told.get("reason")
        self.request_id = told.get("request_id")
        self.field = told.get("field")
        self.bound = told.get("bound")
        self.value = told.get("value")
        self.row = int(told["row"]) if "row" in told else None
        self.retry_after = float(told["retry_after"]) if "retry_after" in told else None


class InvalidArgumentError(Error, ValueError):
    """The call cannot work as it is, now or later: an argument has to change."""


class OutOfRangeError(InvalidArgumentError):
    """A number is outside its range: n over the limit, a modulus of 0, a negative cutoff."""


class ResultOverflowError(OutOfRangeError, OverflowError):
    """A row's result does not fit the type asked for: F(94) as uint64."""


class WrongTypeError(InvalidArgumentError, TypeError):
    """An argument or column has a type that the verb does not take."""


class UnknownNameError(InvalidArgumentError, LookupError):
    """The server has no kernel, scorer or parameter of this name; the message names a close one."""


class LengthMismatchError(InvalidArgumentError):
    """Columns of one call differ in length, and none of them is a single value."""


class MalformedColumnError(InvalidArgumentError):
    """A buffer is too short, an offset decreases, an index or view points outside."""


class InvalidTextError(InvalidArgumentError):
    """Text that is said to be UTF-8 is not."""


class RowFailedError(InvalidArgumentError):
    """A kernel gave an error for one row."""


class TooLargeError(Error, ValueError):
    """A request, reply or number of rows is over the server's bound and cannot be split further."""


class DeadlineError(Error, TimeoutError):
    """The timeout passed, or the server saw that it would."""


class OverloadedError(Error):
    """The server has no room for the call. Raised once retrying as it asked did not help."""


class ConnectError(Error, ConnectionError):
    """Nobody answers at the address, or the connection broke off."""


class EmbeddedServerError(ConnectError):
    """The server that this process started did not start, or ended. Quotes its last log lines."""


class ServerNotFoundError(EmbeddedServerError, FileNotFoundError):
    """There is no server binary to start: `pip install kernelserve-server`."""


class AuthenticationError(Error, PermissionError):
    """The server refuses the token or the certificate, or wants one."""


class UnsupportedError(Error, NotImplementedError):
    """The server does not have this verb or option: it is older than this client."""


class CallCancelledError(Error):
    """The call was cancelled, as by closing the client in another thread."""


class ClientClosedError(Error, RuntimeError):
    """The client has been closed."""


class ServerError(Error):
    """A defect of the server, or a reply that makes no sense. Report it with the request id."""


class RowErrorWarning(UserWarning):
    """Rows failed and are null in the result, as row_errors="null" asked for."""


class PerformanceWarning(UserWarning):
    """Many round trips where one call of another verb would do. The message names the verb."""


# The reason says more than the code; a reason that is not known here goes by its code.
_BY_REASON: Mapping[str, type[Error]] = {
    "OUT_OF_RANGE": OutOfRangeError,
    "OVERFLOW": ResultOverflowError,
    "INVALID_ARGUMENT": InvalidArgumentError,
    "UNKNOWN_KERNEL": UnknownNameError,
    "UNKNOWN_SCORER": UnknownNameError,
    "UNKNOWN_PARAMETER": UnknownNameError,
    "WRONG_TYPE": WrongTypeError,
    "LENGTH_MISMATCH": LengthMismatchError,
    "MALFORMED_COLUMN": MalformedColumnError,
    "INVALID_UTF8": InvalidTextError,
    "ROW_FAILED": RowFailedError,
    "REQUEST_TOO_LARGE": TooLargeError,
    "RESULT_TOO_LARGE": TooLargeError,
    "TOO_MANY_ROWS": TooLargeError,
    "DEADLINE_UNREACHABLE": DeadlineError,
    "OVERLOADED": OverloadedError,
    "MEMORY_CEILING": OverloadedError,
    "DRAINING": ConnectError,
    "CANCELLED": CallCancelledError,
    "UNIMPLEMENTED": UnsupportedError,
}

_BY_CODE: Mapping[str, type[Error]] = {
    "INVALID_ARGUMENT": InvalidArgumentError,
    "FAILED_PRECONDITION": InvalidArgumentError,
    "NOT_FOUND": UnknownNameError,
    "OUT_OF_RANGE": OutOfRangeError,
    "DEADLINE_EXCEEDED": DeadlineError,
    "RESOURCE_EXHAUSTED": OverloadedError,
    "UNAVAILABLE": ConnectError,
    "UNAUTHENTICATED": AuthenticationError,
    "PERMISSION_DENIED": AuthenticationError,
    "UNIMPLEMENTED": UnsupportedError,
    "CANCELLED": CallCancelledError,
}


def error_class(code: str, reason: str | None) -> type[Error]:
    """The class for a code and reason that a server gave."""
    return _BY_REASON.get(reason or "") or _BY_CODE.get(code, ServerError)


def describe(message: str, code: str, **attributes: str | int | float | None) -> str:
    """The one string that an Error is made from; attributes that are None are left out."""
    told = [f"code={code}"]
    for name, value in attributes.items():
        if value is not None:
            text = str(value)
            bare = not isinstance(value, str) or (
                name in ("reason", "request_id") and _BARE.fullmatch(text)
            )
            told.append(f"{name}={text if bare else json.dumps(text)}")
    return f"{message} [{' '.join(told)}]"


def invalid(
    message: str, *, field: str, bound: str | None = None, value: object, reason: str
) -> Error:
    """An error about an argument that no request can carry, so that no server can refuse it."""
    code = "OUT_OF_RANGE" if reason == "OUT_OF_RANGE" else "INVALID_ARGUMENT"
    text = describe(message, code, reason=reason, field=field, bound=bound, value=quote(value, str))
    return error_class(code, reason)(text)


def quote(value: object, form: Callable[[object], str] = repr) -> str:
    """`value` as an error quotes it, whatever it is: Python prints no integer of 5,000 digits."""
    try:
        return shorten(form(value))
    except ValueError:
        if isinstance(value, int):
            return f"an integer of {value.bit_length()} bits"
        return f"a {type(value).__name__}"


def shorten(text: str, characters_max: int = 60) -> str:
    """`text` as an error quotes it: a value of a million characters helps nobody."""
    return text if len(text) <= characters_max else text[: characters_max - 1] + "…"
