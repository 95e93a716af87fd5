"""A body is inflated as it arrives, and no server can make it larger than the limit."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import ResponseError
from partnero_async._http.engines.answers import BodyReader

from ..profiles import examples

MIB = 1024 * 1024


def read(encoding: str, *pieces: bytes, limit: int = MIB) -> bytes:
    reader = BodyReader(encoding, limit)
    for piece in pieces:
        reader.feed(piece)
    return reader.finish()


def pieces_of(data: bytes, size: int) -> list[bytes]:
    return [data[place : place + size] for place in range(0, len(data), size)]


def bomb(mebibytes: int) -> bytes:
    """Gzip of zeros, about a thousandth of their size."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    head = deflater.compress(b"") + deflater.flush(zlib.Z_FULL_FLUSH)
    # After a full flush the same zeros give the same bytes again.
    zeros = deflater.compress(bytes(MIB)) + deflater.flush(zlib.Z_FULL_FLUSH)
    return head + zeros * mebibytes


@pytest.mark.parametrize(
    "encoding", ["", "identity", "Identity", " identity ", "none", "UTF-8", "utf8", "identity, none", ","]
)
def test_a_plain_body_comes_out_as_it_came(encoding: str) -> None:
    assert read(encoding, b"hel", b"", b"lo") == b"hello"


@pytest.mark.parametrize(
    "encoding", ["gzip", "GZIP", " gzip ", "x-gzip", "gzip, identity", "UTF-8,gzip", "none, gzip"]
)
def test_a_gzip_body_is_inflated(encoding: str) -> None:
    assert read(encoding, gzip.compress(b"hello")) == b"hello"


@examples(100)
@given(data=st.binary(max_size=2000), size=st.integers(1, 100))
def test_a_gzip_body_may_come_in_any_pieces(data: bytes, size: int) -> None:
    assert read("gzip", *pieces_of(gzip.compress(data), size)) == data


@examples(100)
@given(parts=st.lists(st.binary(max_size=200), min_size=1, max_size=5), size=st.integers(1, 100))
def test_several_members_of_gzip_are_one_body(parts: list[bytes], size: int) -> None:
    assert read("gzip", *pieces_of(b"".join(map(gzip.compress, parts)), size)) == b"".join(parts)


def test_gzip_of_very_many_members_is_refused() -> None:
    with pytest.raises(ResponseError, match="more than 10000 members"):
        read("gzip", gzip.compress(b"") * 10_001, limit=10 * MIB)


def test_a_second_member_that_ends_too_early_is_refused() -> None:
    with pytest.raises(ResponseError, match="ends too early"):
        read("gzip", gzip.compress(b"hello") + gzip.compress(b"more")[:-1])


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_no_bytes_are_an_empty_body(encoding: str) -> None:
    assert read(encoding) == b""


def test_an_empty_gzip_body_is_empty() -> None:
    assert read("gzip", gzip.compress(b"")) == b""


@examples(60)
@given(data=st.binary(max_size=200), left_out=st.integers(1, 18))
def test_gzip_that_ends_too_early_is_refused(data: bytes, left_out: int) -> None:
    with pytest.raises(ResponseError, match="gzip that ends too early"):
        read("gzip", gzip.compress(data)[:-left_out])


@pytest.mark.parametrize("body", [b"hello", b'{"data": []}', zlib.compress(b"hello"), b"\x1f\x8b\x00hello"])
def test_what_is_not_gzip_is_refused_where_gzip_was_announced(body: bytes) -> None:
    with pytest.raises(ResponseError, match="is not gzip as announced"):
        read("gzip", body)


def test_gzip_whose_checksum_is_wrong_is_refused() -> None:
    whole = bytearray(gzip.compress(b"hello"))
    whole[-8] ^= 1
    with pytest.raises(ResponseError, match="is not gzip as announced"):
        read("gzip", bytes(whole))


@pytest.mark.parametrize(
    "encoding", ["br", "deflate", "zstd", "gzip, gzip", "identity, br", "gzip, zstd", "utf-16", "\x00"]
)
def test_an_encoding_that_was_not_asked_for_is_refused_by_its_name(encoding: str) -> None:
    with pytest.raises(ResponseError, match="not asked for") as refused:
        BodyReader(encoding, MIB)
    assert repr(encoding.removeprefix("identity, "))[1:-1] in refused.value.message


def test_a_long_name_of_an_encoding_is_cut() -> None:
    with pytest.raises(ResponseError) as refused:
        BodyReader("x" * 100_000, MIB)
    assert len(refused.value.message) < 300


def test_a_plain_body_may_be_as_large_as_the_limit() -> None:
    assert read("", b"x" * 60, b"y" * 40, limit=100) == b"x" * 60 + b"y" * 40


def test_a_plain_body_may_not_be_one_byte_larger() -> None:
    with pytest.raises(ResponseError, match=r"larger than max_body \(100 bytes\)"):
        read("", b"x" * 60, b"y" * 41, limit=100)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_gzip_body_may_be_as_large_as_the_limit_once_inflated(size: int) -> None:
    assert read("gzip", *pieces_of(gzip.compress(b"x" * 5000), size), limit=5000) == b"x" * 5000


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_gzip_body_may_not_be_one_byte_larger_once_inflated(size: int) -> None:
    with pytest.raises(ResponseError, match="larger than max_body"):
        read("gzip", *pieces_of(gzip.compress(b"x" * 5001), size), limit=5000)


def test_the_limit_counts_what_is_inflated_also_where_gzip_made_it_longer() -> None:
    data = random.Random(1).randbytes(1000)
    assert read("gzip", gzip.compress(data), limit=1000) == data


def test_gzip_that_inflates_to_nothing_is_limited_all_the_same() -> None:
    deflater = zlib.compressobj(0, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    begun = deflater.compress(b"") + deflater.flush(zlib.Z_FULL_FLUSH)
    head, empty_block = begun[:10], begun[10:]
    with pytest.raises(ResponseError, match="larger than max_body"):
        read("gzip", head, *[empty_block] * 10_000, limit=1000)


@pytest.mark.parametrize("size", [1000, 64 * 1024, 10 * MIB], ids=["trickled", "in reads", "at once"])
def test_a_gzip_bomb_stays_within_the_limit_of_memory(size: int) -> None:
    pieces = pieces_of(bomb(300), size)
    tracemalloc.start()
    try:
        with pytest.raises(ResponseError, match="larger than max_body"):
            read("gzip", *pieces, limit=MIB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB


@pytest.mark.parametrize("tail", [b"x", b"\x00" * 100], ids=["byte", "zeros"])
def test_what_follows_the_end_of_gzip_is_no_part_of_the_body(tail: bytes) -> None:
    assert read("gzip", gzip.compress(b"hello") + tail, tail) == b"hello"


def test_what_follows_the_end_of_gzip_is_limited_too() -> None:
    reader = BodyReader("gzip", 1000)
    reader.feed(gzip.compress(b"hello"))
    with pytest.raises(ResponseError, match="larger than max_body"):
        for _ in range(100):
            reader.feed(b"x" * 100)
