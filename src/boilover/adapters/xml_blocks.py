"""XML block by block, in bounded memory, and without what lets it grow: a document type is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.parsers import expat

from boilover.adapters.members import Member
from boilover.adapters.sources import AGAIN
from boilover.errors import InputError

BLOCK = 1 << 20


def local(name: str) -> str:
    """Return the name of an element without its namespace."""
    return name.rpartition("}")[2]


def parsed(
    member: Member,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
    *,
    what: str,
) -> Iterator[None]:
    """Call ``start``, ``end`` and ``text`` for what a file holds; yield after each block, and at the end.

    ``what`` the file should be is told where it is wrong: raises `InputError` for XML that is damaged or declares a
    document type, whose entities can grow without bound, and for what is no XML.
    """

    def refuse(*declared: object) -> None:
        problem = f"declares a document type, which {what} does not have"
        raise InputError(problem, file=member.name, mend="Remove the DOCTYPE")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        with member.open() as stream:
            while block := stream.read(BLOCK):
                parser.Parse(block)
                yield
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        if b"<" not in member.head:
            mend = "Name the recipe or the format that reads it"
            raise InputError(f"is no XML, as {what} is", file=member.name, mend=mend) from error
        problem = f"is not whole XML: {expat.ErrorString(error.code)} in line {error.lineno}"
        raise InputError(problem, file=member.name, mend=AGAIN) from error
    yield
