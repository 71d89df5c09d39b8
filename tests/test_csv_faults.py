"""The place at which a CSV goes wrong is named: column, row and bytes, never what else the row holds."""

from __future__ import annotations

from io import BytesIO

import pytest

from boilover.csv_faults import Watched, fault_in, unclosed_in

HEAD = b"\xef\xbb\xbfid,text\n"
WHOLE = HEAD + '1,grüß dich\n\n2,"two\nlines, ""quoted"""\n'.encode()


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (WHOLE, {}, None),
        (
            WHOLE + b"3,Gr\xfc\xdfe\n",
            {},
            "a.csv, column 'text', row 3: holds bytes that are not utf-8: fc. Export it as",
        ),
        (WHOLE + b"\xff,x\n4,\xfe\n", {}, "column 'id', row 3: holds bytes that are not utf-8: ff"),
        (
            b"id,t\xe4xt\n1,2\n",
            {},
            "a.csv, column 't\N{REPLACEMENT CHARACTER}xt': holds bytes that are not utf-8: e4.",
        ),
        (
            HEAD + b"1,\x81\n",
            {"encoding": "cp1252"},
            "column 'text', row 1: holds bytes that are not cp1252: 81",
        ),
        (HEAD + b"1,a,\xff\n", {"even": False}, "column '3', row 1: holds bytes that are not utf-8: ff"),
        (HEAD.replace(b",", b";") + b"1;\xff\n", {"delimiter": ";"}, "column 'text', row 1"),
        (WHOLE + b"3\n", {}, "a.csv, row 3: the number of its cells is 1, in the header 2. Look for a quote"),
        (WHOLE + b"3\n", {"even": False}, None),
        (WHOLE + b'3,"private, and cut off', {}, None),
        (HEAD.decode("utf-8-sig").encode("utf-16") + b"\xff", {"encoding": "utf-16"}, None),
    ],
)
def test_the_first_fault_is_named(content, options, told):
    fault = fault_in(BytesIO(content), "a.csv", **options)
    assert (told in str(fault)) if told else fault is None
    assert "private" not in str(fault)


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (WHOLE, None),
        (WHOLE + b'3,a 5" disk\n', None),
        (WHOLE + b'3,"It" broke\n', None),
        (WHOLE + b'3,"it broke\n4,"again"\n5,\n', 3),
        (WHOLE + b'3,"It" broke\n4,"never\n5,"again\n', 4),
        (WHOLE + b'3,"private, and cut off', 3),
        (b'id,"text\n1,a\n', None),
    ],
)
def test_a_quote_that_is_not_closed_is_told_by_its_row(content: bytes, row: int | None) -> None:
    fault = unclosed_in(BytesIO(content), "a.csv")
    if content.startswith(b'id,"'):
        assert str(fault).startswith("a.csv: holds a quote")
    elif row is None:
        assert fault is None
    else:
        assert str(fault).startswith(f"a.csv, row {row}: holds a quote that is not closed")
        assert "private" not in str(fault)


@pytest.mark.parametrize(
    ("content", "is_odd"),
    [
        (WHOLE, False),
        (WHOLE.replace(b"\n", b"\r\n"), False),
        (b'"id","text"\n"1","a ""b"""\n"2",""\n3,""""\n', False),
        (b'id,text\n1,"a"', False),
        (b'id,text\n1,a 5" disk\n', True),
        (b'id,text\n1,"cut off', True),
        (b'id,text\n1,"never\n2,b\n3,"again\n', True),
        (b'id,text\n1,"It" broke\n', True),
    ],
)
def test_quotes_that_stand_elsewhere_are_seen_in_blocks_of_any_size(content: bytes, is_odd: bool) -> None:
    for size in (1, 2, 3, 7, 1 << 20):
        watched = Watched(BytesIO(content))
        assert b"".join(iter(lambda size=size, read=watched.read: read(size), b"")) == content
        assert watched.is_odd is is_odd, size
