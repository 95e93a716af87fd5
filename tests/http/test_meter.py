"""The meter says "exact" of one whole response and of nothing else, as h11 sees the same bytes."""

from __future__ import annotations

import itertools
import re

import h11
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from partnero_async._http.engines.answers import MOST_HEAD
from partnero_async._http.engines.meter import ResponseMeter

from ..profiles import examples

NEXT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

VALUES = st.text(alphabet="abz019 ;=,/\t:", max_size=12).map(str.strip)
NAMES = st.sampled_from(["Content-Type", "X-Content-Length", "Content-Length-Was", "Via", "X"])
OTHERS = st.lists(st.builds("{}: {}\r\n".format, NAMES, VALUES), max_size=3).map("".join)


@st.composite
def interims(draw: st.DrawFn) -> str:
    status = draw(st.sampled_from(["100 Continue", "102 Processing", "103 Early Hints", "100"]))
    return f"HTTP/1.1 {status}\r\n{draw(OTHERS)}\r\n"


@st.composite
def chunks(draw: st.DrawFn) -> bytes:
    """A chunked body: sizes in any case and with leading zeros, extensions, trailers."""
    body = b""
    extensions = st.sampled_from(["", ";a", ";a=b", ';a="x y"', " "])
    for data in draw(st.lists(st.binary(min_size=1, max_size=40), max_size=4)):
        digits = draw(st.sampled_from(["{:x}", "{:X}", "{:04x}"])).format(len(data))
        body += f"{digits}{draw(extensions)}\r\n".encode() + data + b"\r\n"
    return body + f"{draw(st.sampled_from(['0', '000']))}{draw(extensions)}\r\n{draw(OTHERS)}\r\n".encode()


@st.composite
def responses(draw: st.DrawFn) -> tuple[str, bytes]:
    """The method of a request, and one whole response to it."""
    before = "".join(draw(st.lists(interims(), max_size=2)))
    around = draw(OTHERS), draw(OTHERS)
    colon = draw(st.sampled_from([":", ": ", ":\t ", ":  "]))
    blanks = draw(st.sampled_from(["", " ", "\t"]))

    def head(status: str, framing: str) -> bytes:
        # A tab behind "chunked" is not for every parser to skip, and refused.
        after = blanks.rstrip("\t") if framing == chunked else blanks
        field = f"{framing}{after}\r\n" if framing else ""
        return f"{before}HTTP/1.1 {status}\r\n{around[0]}{field}{around[1]}\r\n".encode()

    # The last body is a whole chunked one with a surplus, to whoever believes that it is chunked.
    body = draw(st.binary(max_size=60) | st.sampled_from([NEXT, b"0\r\n\r\n" + NEXT]))
    name = draw(st.sampled_from(["Content-Length", "content-length", "CONTENT-LENGTH"]))
    length = f"{name}{colon}{len(body)}"
    chunked = f"Transfer-Encoding{colon}{draw(st.sampled_from(['chunked', 'Chunked']))}"
    match draw(st.sampled_from(["length", "chunked", "head", "no content", "not modified"])):
        case "length":
            return "GET", head(
                draw(st.sampled_from(["200 OK", "404 Not Found", "200", "503 "])), length
            ) + body
        case "chunked":
            return "POST", head("200 OK", chunked) + draw(chunks())
        case "head":
            return "HEAD", head("200 OK", draw(st.sampled_from([length, chunked, ""])))
        case "no content":
            return "DELETE", head("204 No Content", draw(st.sampled_from(["Content-Length: 0", ""])))
        case _:
            return "GET", head("304 Not Modified", draw(st.sampled_from([length, ""])))


def h11_says(method: str, data: bytes) -> str:
    """What the parser that answers requests makes of the same bytes."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1_000_000)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "host")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                return "incomplete"
            if isinstance(event, h11.EndOfMessage):
                return "surplus" if connection.trailing_data[0] else "whole"
    except h11.RemoteProtocolError:
        return "refused"


def is_exact(method: str, *pieces: bytes) -> bool:
    meter = ResponseMeter(method)
    for piece in pieces:
        meter.feed(piece)
    return meter.exact


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


CUTS = st.lists(st.integers(0, 10_000), max_size=8)


@examples(200)
@given(response=responses())
def test_what_is_generated_here_is_one_whole_response_to_h11(response: tuple[str, bytes]) -> None:
    assert h11_says(*response) == "whole"


@examples(300)
@given(response=responses(), places=CUTS)
def test_a_whole_response_is_exact_however_it_is_split(
    response: tuple[str, bytes], places: list[int]
) -> None:
    method, data = response
    assert is_exact(method, *cut(data, places))


@examples(150)
@given(response=responses())
def test_a_response_is_exact_at_its_last_byte_and_at_none_before(response: tuple[str, bytes]) -> None:
    method, data = response
    meter = ResponseMeter(method)
    exact_after = list[int]()
    for place in range(len(data)):
        meter.feed(data[place : place + 1])
        if meter.exact:
            exact_after.append(place + 1)
    assert exact_after == [len(data)]


@examples(300)
@given(response=responses(), surplus=st.binary(min_size=1, max_size=9) | st.just(NEXT), places=CUTS)
def test_a_response_with_anything_after_it_is_not_exact(
    response: tuple[str, bytes], surplus: bytes, places: list[int]
) -> None:
    method, data = response
    assert not is_exact(method, *cut(data + surplus, places))


@examples(150)
@given(response=responses(), later=st.lists(st.binary(max_size=9), min_size=1, max_size=5))
def test_a_surplus_is_never_made_up_for(response: tuple[str, bytes], later: list[bytes]) -> None:
    method, data = response
    meter = ResponseMeter(method)
    meter.feed(data + b"x")
    for piece in later:
        meter.feed(piece)
        assert not meter.exact


@examples(100)
@given(response=responses())
def test_an_empty_read_changes_nothing(response: tuple[str, bytes]) -> None:
    method, data = response
    assert is_exact(method, b"", data[:20], b"", data[20:], b"")


@examples(100)
@given(response=responses(), places=CUTS)
def test_all_bytes_are_counted(response: tuple[str, bytes], places: list[int]) -> None:
    method, data = response
    meter = ResponseMeter(method)
    for piece in cut(data, places):
        meter.feed(piece)
    assert meter.received == len(data)


def test_nothing_is_not_a_response() -> None:
    assert not ResponseMeter().exact


SPLICES = st.sampled_from(
    [
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\r\n\r\n",
        b" ",
        b"\t",
        b"0",
        b"5",
        b"f",
        b";",
        b",",
        b":",
        b"-",
        b"+",
        b"\x00",
        b"1\r\n",
        b"0\r\n\r\n",
        b"X: a\n",
        b"\nX: a",
        b"\r\n folded",
        b" \r\n",
        b"\t",
        b"Transfer-Encoding: chunked\r\n \r\n",
        b"Transfer-Encoding:\r\n chunked\r\n",
        b"Content-Length: 0\r\n",
        b"Content-Length: 5\n",
        b"\nContent-Length: 0",
        b"Transfer-Encoding: chunked\r\n",
        b"\nTransfer-Encoding: chunked",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\n",
        NEXT,
    ]
)
PLACES = st.integers(-12, 10_000)
EDITS = st.lists(
    st.tuples(PLACES, st.integers(0, 3) | st.just(0), SPLICES | st.just(b"")), min_size=1, max_size=4
)


def edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Bytes of which some were taken away and others put in their place.

    A place below zero is the beginning of a line, since there a framing field can be put.
    """
    for place, taken, put in edits:
        lines = [found.end() for found in re.finditer(b"\r\n", data)]
        start = lines[-place % len(lines)] if place < 0 and lines else place % (len(data) + 1)
        data = data[:start] + put + data[start + taken :]
    return data


@examples(1500)
@given(response=responses(), edits=EDITS, places=CUTS)
def test_of_bytes_that_were_tampered_with_the_meter_never_says_exact_where_h11_sees_less_or_more(
    response: tuple[str, bytes], edits: list[tuple[int, int, bytes]], places: list[int]
) -> None:
    method, data = response
    tampered = edited(data, edits)
    assume(tampered)
    if is_exact(method, *cut(tampered, places)):
        # What h11 refuses ends in an error, and the connection with it.
        assert h11_says(method, tampered) in ("whole", "refused")


@examples(500)
@given(response=responses(), edits=EDITS, places=CUTS)
def test_the_verdict_does_not_depend_on_where_the_bytes_are_split(
    response: tuple[str, bytes], edits: list[tuple[int, int, bytes]], places: list[int]
) -> None:
    method, data = response
    tampered = edited(data, edits)
    assert is_exact(method, *cut(tampered, places)) == is_exact(method, tampered)


@examples(200)
@given(data=st.binary(max_size=80))
@example(b"\r\n\r\n")
@example(b"HTTP/1.1 \r\n\r\n")
def test_no_bytes_make_the_meter_fail(data: bytes) -> None:
    assert not is_exact("GET", data, CHUNKED, data)


@pytest.mark.parametrize(
    "data",
    [
        # A line that ends in a lone newline ends the head for h11: a second response is hidden in it.
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\n\nHTTP/1.1 200 OK\r\nY: b\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nX: a\n\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\n\r\nHTTP/1.1 200 OK\r\nY: b\r\n\r\n",
        # The framing field that decides stands after a lone newline.
        b"HTTP/1.1 200 OK\r\nX: a\nTransfer-Encoding: chunked\r\nContent-Length: 45\r\n\r\n0\r\n\r\n" + NEXT,
        # The same in the trailer.
        CHUNKED + b"0\r\nX: a\n\nHTTP/1.1 200 OK\r\nY: b\r\n\r\n",
        CHUNKED + b"0\r\n\nHTTP/1.1 200 OK\r\nY: b\r\n\r\n",
    ],
    ids=["head", "204", "head with one newline", "framing", "trailer", "end of trailer"],
)
def test_a_response_that_hides_behind_a_lone_newline_is_a_surplus(data: bytes) -> None:
    assert h11_says("GET", data) == "surplus"
    assert not is_exact("GET", data)


@pytest.mark.parametrize(
    "fields",
    [
        b"Transfer-Encoding: chunked\r\n \r\nContent-Length: 45",
        b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 45",
        b"Transfer-Encoding:\r\n\t\r\n chunked\r\nContent-Length: 45",
        b"Content-Length: 45\r\nTransfer-Encoding: chunked\r\n\t",
    ],
)
def test_a_response_that_hides_behind_a_folded_field_is_a_surplus(fields: bytes) -> None:
    data = b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n\r\n0\r\n\r\n" + NEXT
    assert h11_says("GET", data) == "surplus"
    assert not is_exact("GET", data)


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "Content-Length:",
        "Content-Length: five",
        "Content-Length: -0",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5, 5",
        "Content-Length: 5,",
        "Content-Length: 5.0",
        "Content-Length: 5;",
        "Content-Length: " + "9" * 30,
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\ncontent-length: 0",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding:",
        "Transfer-Encoding: xchunked",
        "X-Content-Length: 5",
        " Content-Length: 5",
    ],
)
def test_a_head_that_does_not_say_once_and_clearly_where_the_body_ends_is_never_exact(fields: str) -> None:
    head = f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n" if fields else "HTTP/1.1 200 OK\r\n\r\n"
    for body in (b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"0\r\n\r\n"):
        assert not is_exact("GET", head.encode() + body)


@pytest.mark.parametrize(
    "line",
    [
        "HTTP/1.0 200 OK",
        "HTTP/2 200 OK",
        "HTTP/1.2 200 OK",
        "http/1.1 200 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1\t200 OK",
        " HTTP/1.1 200 OK",
        "\r\nHTTP/1.1 200 OK",
        "ICY 200 OK",
        "HTTP/1.1 101 Switching Protocols",
        "HTTP/1.1 20x OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 20",
        "HTTP/1.1 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 ",
    ],
)
def test_a_response_that_does_not_begin_as_one_of_http_1_1_is_never_exact(line: str) -> None:
    for rest in (b"Content-Length: 0\r\n\r\n", b"Content-Length: 5\r\n\r\nhello", b"\r\n"):
        assert not is_exact("GET", line.encode() + b"\r\n" + rest)


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n0\r\n\r\n",
        b"x\r\n0\r\n\r\n",
        b"-1\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 5\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"6\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\r\nhello\n\n0\r\n\r\n",
        b"5\r\nhello\r\n",
        b"5\r\nhello\r\n0\r\n",
        b"5\r\nhello\r\n0\r\n\n",
        b"00000000000000005\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_chunks_that_are_malformed_or_cut_are_never_exact(body: bytes) -> None:
    assert not is_exact("GET", CHUNKED + body)


def test_the_answer_to_head_has_no_body_whatever_its_length_says() -> None:
    assert is_exact("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")


def test_a_body_that_follows_the_answer_to_head_is_a_surplus() -> None:
    assert not is_exact("HEAD", LENGTH)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_a_status_without_body_has_none_whatever_its_length_says(status: bytes) -> None:
    assert is_exact("GET", b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\n")


def test_what_follows_malformed_bytes_is_not_taken_for_a_response() -> None:
    assert not is_exact("GET", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", LENGTH)


def test_very_many_interim_answers_do_not_recurse() -> None:
    answers = b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000
    pieces = [answers[place : place + 65_536] for place in range(0, len(answers), 65_536)]
    assert is_exact("GET", *pieces, LENGTH)


def test_very_many_chunks_in_one_read_do_not_recurse() -> None:
    assert is_exact("GET", CHUNKED + b"1\r\nx\r\n" * 40_000 + b"0\r\n\r\n")


def test_what_follows_a_switch_of_protocols_is_not_taken_for_a_response() -> None:
    assert not is_exact("GET", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", LENGTH)


@pytest.mark.parametrize(
    ("begun", "ended"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"\r\nContent-Length: 0\r\n\r\n"),
        (CHUNKED + b"5;", b"\r\nhello\r\n0\r\n\r\n"),
        (CHUNKED + b"0\r\nX: ", b"\r\n\r\n"),
    ],
    ids=["head", "chunk extension", "trailer"],
)
def test_a_line_of_hundreds_of_kilobytes_is_given_up(begun: bytes, ended: bytes) -> None:
    assert is_exact("GET", begun, b"x" * 1000, ended)
    assert not is_exact("GET", begun, *[b"x" * 65_536] * 10, ended)


# As many as the longest head has room for: whoever looks at them more than a few times is not back today.
BLANKS = b" " * (MOST_HEAD - 100)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (BLANKS + b"2", True),
        (b"2" + BLANKS, True),
        (b"2" + BLANKS + b"x", False),
        (BLANKS + b"\rx", False),
    ],
    ids=["before", "behind", "within", "before a lone carriage return"],
)
def test_blanks_in_a_framing_field_are_passed_over_however_many_they_are(value: bytes, exact: bool) -> None:
    assert is_exact("GET", b"HTTP/1.1 200 OK\r\nContent-Length:" + value + b"\r\n\r\n{}") is exact
