"""Edit scripts behave as RapidFuzz's: every method, every error, on any script."""

from __future__ import annotations

import copy
import difflib
import functools
import pickle
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
import rapidfuzz.distance as theirs
from hypothesis import given
from hypothesis import strategies as st

import kernelserve as ks
import kernelserve.rapidfuzz.distance as ours

TAGS = ["replace", "insert", "delete", "equal"]
Script: TypeAlias = tuple[list[tuple[str, int, int]], str, str]
texts = st.text("abc\U0001f600", max_size=12)


def outcome(call: Callable[[], Any]) -> Any:
    """What a call gives, or the kind of error and its words."""
    try:
        return call()
    except Exception as error:
        # Theirs name their own modules and, for a wrong type, say what C is missing.
        words = str(error).partition(" (expected")[0]
        return (type(error), None if "integer" in words or "unpack" in words else words)


def same_in_both(call: Callable[[Any], Any]) -> bool:
    """Whether a call that is given the package to use has one outcome with either."""
    mine, their = (outcome(functools.partial(call, package)) for package in (ours, theirs))
    assert mine == their
    return True


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """A script of any edits that are possible, shortest or not, with its two texts."""
    edits: list[tuple[str, int, int]] = []
    source = destination = ""
    for tag, left, right in draw(
        st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from("ab"), st.sampled_from("cd")))
    ):
        if tag != "equal":
            edits.append((tag, len(source), len(destination)))
        source += "" if tag == "insert" else left
        destination += {"delete": "", "equal": left}.get(tag, right)
    return edits, source, destination


def made(package: Any, script: Script) -> Any:
    edits, source, destination = script
    return package.Editops(edits, len(source), len(destination))


METHODS: dict[str, Callable[[Any], Any]] = {
    "as_list": lambda script: script.as_list(),
    "tuples": lambda script: [tuple(row) for row in script],
    "repr": repr,
    "rows": lambda script: [repr(row) for row in script],
    "len": len,
    "bool": bool,
    "lengths": lambda script: (script.src_len, script.dest_len),
    "copy": lambda script: repr(script.copy()),
    "inverse": lambda script: repr(script.inverse()),
    "matching blocks": lambda script: repr(script.as_matching_blocks()),
    "reversed": lambda script: repr(list(reversed(script))),
    "unhashable": lambda script: script.__hash__,
    "equal to its copy": lambda script: script == script.copy(),
    "equal to its inverse": lambda script: script == script.inverse(),
    "twice inverse": lambda script: script == script.inverse().inverse(),
    "differs": lambda script: script != script.copy(),
}


@pytest.mark.parametrize("method", METHODS)
@given(script=scripts())
def test_methods_of_both_kinds_of_script(method: str, script: Script) -> None:
    check = METHODS[method]
    mine, their = made(ours, script), made(theirs, script)
    assert check(mine) == check(their)
    assert check(mine.as_opcodes()) == check(their.as_opcodes())


@given(scripts())
def test_kinds_of_script_turn_into_each_other(
    script: Script,
) -> None:
    edits = made(ours, script)
    runs = edits.as_opcodes()
    assert ours.Opcodes.from_editops(edits) == runs
    assert ours.Editops.from_opcodes(runs) == edits == runs.as_editops()
    assert ours.Opcodes(edits, edits.src_len, edits.dest_len) == runs
    assert ours.Editops(runs, edits.src_len, edits.dest_len) == edits
    assert ours.Opcodes(edits.as_list(), edits.src_len, edits.dest_len) == runs
    assert ours.Opcodes(runs.as_list(), edits.src_len, edits.dest_len) == runs


@given(scripts())
def test_apply(script: Script) -> None:
    _, source, destination = script
    edits = made(ours, script)
    for made_by in (edits, edits.as_opcodes()):
        assert made_by.apply(source, destination) == destination
        assert made_by.inverse().apply(destination, source) == source
        assert made_by.apply(source.encode(), destination) == destination
    longer = source + "xyz"
    assert same_in_both(lambda package: made(package, script).apply(longer, destination))
    latin = longer.encode()
    assert same_in_both(lambda package: made(package, script).apply(latin, destination))


def test_transpositions_which_rapidfuzz_does_not_have() -> None:
    edits = ours.Editops([("transpose", 0, 0), ("transpose", 2, 2), ("insert", 5, 5)], 5, 6)
    runs = edits.as_opcodes()
    assert runs.as_list() == [
        ("transpose", 0, 4, 0, 4),
        ("equal", 4, 5, 4, 5),
        ("insert", 5, 5, 5, 6),
    ]
    assert runs.as_editops() == ours.Editops(runs.as_list(), 5, 6) == edits
    for script in (edits, runs):
        assert script.apply("abcde", "badcef") == "badcef"
        assert script.inverse().apply("badcef", "abcde") == "abcde"
        assert script.as_matching_blocks() == [(4, 4, 1), (5, 6, 0)]
    rest = edits.remove_subsequence(edits[1:])
    assert rest.as_list() == [("transpose", 0, 0)]


def test_transpositions_that_overlap_or_are_of_no_two_units() -> None:
    with pytest.raises(ValueError, match="out of order"):
        ours.Editops([("transpose", 0, 0), ("transpose", 1, 1)], 3, 3)
    with pytest.raises(ValueError, match="invalid"):
        ours.Editops([("transpose", 1, 1)], 2, 2)
    with pytest.raises(ValueError, match="invalid"):
        ours.Opcodes([("transpose", 0, 3, 0, 3)], 3, 3)


def test_apply_to_other_texts_is_an_error() -> None:
    edits = ours.Editops([("delete", 0, 0), ("insert", 3, 2), ("replace", 3, 3)], 4, 4)
    for script in (edits, edits.as_opcodes()):
        assert script.apply("spam", "park") == "park"
        for source, destination in [("sp", "park"), ("spam", "par"), ("", ""), ("spam", "")]:
            with pytest.raises(IndexError, match="the edits reach to"):
                script.apply(source, destination)
        wrong: Any
        for wrong in (list("spam"), None, 5):
            with pytest.raises(TypeError, match="expected strings or bytes object"):
                script.apply(wrong, "park")


@given(scripts(), st.data())
def test_indices_and_slices(script: Script, data: st.DataObject) -> None:
    index = data.draw(st.integers(-15, 15) | st.slices(12))

    def delete(package: Any) -> str:
        edits = made(package, script)
        del edits[index]
        return repr(edits)

    for call in (
        lambda package: repr(made(package, script)[index]),
        lambda package: repr(made(package, script).as_opcodes()[index]),
        delete,
    ):
        assert same_in_both(call)


@pytest.mark.parametrize("index", ["a", None, 1.0, (0,)])
def test_what_is_no_index(index: Any) -> None:
    assert same_in_both(lambda package: package.Editops([], 3, 3)[index])
    assert same_in_both(lambda package: package.Opcodes([], 3, 3)[index])


@given(scripts(), st.data())
def test_remove_subsequence(script: Script, data: st.DataObject) -> None:
    edits, source, destination = script
    some = data.draw(st.lists(st.sampled_from(edits), unique=True)) if edits else []
    some = sorted(some, key=edits.index)
    if data.draw(st.booleans()) and edits:
        some = edits[-1:] + some
    lengths = (len(source) + 1, len(destination) + 1)

    def remove(package: Any) -> str:
        return repr(made(package, script).remove_subsequence(package.Editops(some, *lengths)))

    assert same_in_both(remove)


def test_removing_what_is_no_script() -> None:
    edits = ours.Editops([("delete", 0, 0)], 1, 0)
    wrong: Any
    for wrong in ([("delete", 0, 0)], None, edits.as_opcodes()):
        with pytest.raises(TypeError, match="Argument 'subsequence' has incorrect type"):
            edits.remove_subsequence(wrong)
    with pytest.raises(TypeError, match="Argument 'opcodes' has incorrect type"):
        ours.Editops.from_opcodes(edits)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Argument 'editops' has incorrect type"):
        ours.Opcodes.from_editops(edits.as_opcodes())  # type: ignore[arg-type]


def test_edits_that_overlap_are_refused() -> None:
    rows: Any = [("replace", 0, 0), ("replace", 0, 1)]
    with pytest.raises(ValueError, match="out of order"):
        ours.Editops(rows, 3, 3)
    their: Any = theirs.Editops(rows, 3, 3)
    assert their.as_opcodes().as_editops() != their


tags = st.sampled_from([*TAGS, "swap", None])
small = st.integers(0, 3)


@given(st.lists(st.tuples(tags, small, small), max_size=4), small, small)
def test_edits_that_make_no_script(rows: list[Any], src_len: int, dest_len: int) -> None:
    mine = outcome(lambda: repr(ours.Editops(rows, src_len, dest_len)))
    if mine == (ValueError, "List of edit operations out of order"):
        # Theirs also takes edits that overlap, of which its as_opcodes makes other edits.
        return
    assert mine == outcome(lambda: repr(theirs.Editops(rows, src_len, dest_len)))


@given(st.lists(st.tuples(tags, small, small, small, small), max_size=4), small, small)
def test_runs_that_make_no_script(rows: list[Any], src_len: int, dest_len: int) -> None:
    assert same_in_both(lambda package: repr(package.Opcodes(rows, src_len, dest_len)))
    assert same_in_both(lambda package: repr(package.Editops(rows, src_len, dest_len)))


@pytest.mark.parametrize("kind", ["Editops", "Opcodes"])
@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (None,),
        ([],),
        ([], 3, 3),
        ([], 3, 4),
        ([("delete", 0)], 2, 2),
        ([("delete", 0, 0, 0)], 2, 2),
        ([("delete", 0, 1, 0, 0), ("delete", 1, 1)], 2, 1),
        ([("delete", -1, 0)], 2, 2),
        ([("delete", 0, 0)], -1, 2),
        ([("delete", 0, 0)], 1, -2),
        ([("delete", "a", 0)], 2, 2),
        ([["delete", 0, 0]], 1, 0),
        ((("delete", 0, 0),), 1, 0),
        ([(b"delete", 0, 0)], 1, 0),
        ([5], 2, 2),
        (5, 2, 2),
        ("abc", 2, 2),
        (iter([]), 2, 2),
    ],
)
def test_what_makes_a_script(kind: str, arguments: tuple[Any, ...]) -> None:
    assert same_in_both(lambda package: repr(getattr(package, kind)(*arguments)))


@pytest.mark.parametrize("kind", ["Editops", "Opcodes"])
@pytest.mark.parametrize("value", [0, 99, -1, "a", None])
@pytest.mark.parametrize("name", ["src_len", "dest_len"])
def test_lengths_can_be_set(kind: str, name: str, value: Any) -> None:
    def change(package: Any) -> str:
        script = getattr(package, kind)([], 2, 2)
        setattr(script, name, value)
        return repr(script)

    assert same_in_both(change)


RECORDS: list[tuple[str, tuple[Any, ...]]] = [
    ("Editop", ("replace", 1, 2)),
    ("Editop", ("anything", -1, 2)),
    ("Editop", ("replace", 1.5, 2)),
    ("Editop", ("replace", "a", 2)),
    ("Opcode", ("equal", 0, 1, 2, 3)),
    ("Opcode", ("equal", 0, 1, None, 3)),
    ("MatchingBlock", (1, 2, 3)),
    ("MatchingBlock", (-1, 2, 3)),
    ("MatchingBlock", ("a", 2, 3)),
    ("ScoreAlignment", (83.5, 1, 2, 3, 4)),
    ("ScoreAlignment", (100, 1, 2, 3, 4)),
]


@pytest.mark.parametrize(("kind", "values"), RECORDS)
def test_records(kind: str, values: tuple[Any, ...]) -> None:
    mine = outcome(lambda: getattr(ours, kind)(*values))
    their = outcome(lambda: getattr(theirs, kind)(*values))
    assert repr(mine) == repr(their)
    if isinstance(mine, tuple):
        return
    assert tuple(mine) == tuple(their) == values
    for equal in (values, list(values), their, mine):
        assert mine == equal
        assert equal == mine
    assert mine != values[:-1]
    assert mine != (*values[:-1], "other")
    assert mine != "abc"
    assert mine != 5
    assert mine != dict.fromkeys(range(10, 10 + len(values)))
    assert len(mine) == len(values)
    for index in (*range(-len(values), len(values)), True):
        assert mine[index] == their[index] == values[index]
    for index in (len(values), -len(values) - 1):
        with pytest.raises(IndexError, match=f"{kind} index out of range"):
            mine[index]
    for wrong in ("a", slice(0, 2), None):
        with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
            mine[wrong]
    with pytest.raises(TypeError, match="unhashable"):
        hash(mine)
    with pytest.raises(AttributeError):
        mine.other = 5
    for same in (copy.copy(mine), copy.deepcopy(mine), pickle.loads(pickle.dumps(mine))):
        assert type(same) is type(mine)
        assert same == mine


def test_changing_a_row_changes_no_script() -> None:
    edits = ours.Editops([("delete", 0, 0)], 1, 0)
    edits[0].tag = "insert"
    for row in edits:
        row.src_pos = 5
    assert edits.as_list() == [("delete", 0, 0)]


@given(texts, texts)
def test_runs_are_difflibs(left: str, right: str) -> None:
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    codes = [code for code in matcher.get_opcodes() if code[0] != "replace"]
    if len(codes) == len(matcher.get_opcodes()):
        runs = ours.Opcodes(matcher.get_opcodes(), len(left), len(right))
        assert runs == matcher.get_opcodes()
        assert runs.apply(left, right) == right


def test_scripts_are_sequences_that_equal_others_and_pickle() -> None:
    edits = ours.Editops([("delete", 0, 0), ("replace", 1, 0)], 2, 1)
    rows = [("delete", 0, 0), ("replace", 1, 0)]
    assert edits == rows
    assert edits == tuple(edits)
    assert rows == edits
    assert edits != rows[:1]
    assert edits != ours.Editops(rows, 3, 2)
    assert edits != 5
    assert edits[1:] == [("replace", 1, 0)]
    assert ("replace", 1, 0) in edits
    assert edits.index(ours.Editop("replace", 1, 0)) == 1
    for script in (edits, edits.as_opcodes()):
        for same in (copy.copy(script), copy.deepcopy(script), pickle.loads(pickle.dumps(script))):
            assert same == script
            assert type(same) is type(script)
    runs = edits.as_opcodes()
    assert runs == [("delete", 0, 1, 0, 0), ("replace", 1, 2, 0, 1)]
    assert runs != edits


def test_there_is_one_type() -> None:
    assert ours.Editops is ks.Editops
    assert ours.Editop is ks.Editop
    assert {kind.__module__ for kind in (ours.Opcode, ours.Opcodes)} == {ours.__name__}
