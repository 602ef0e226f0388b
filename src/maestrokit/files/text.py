"""Text in files that people and other programs wrote, whatever byte order mark it begins with."""

import codecs

_MARKED = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def decoded(data: bytes, *, encoding: str = "utf-8", errors: str = "strict") -> str:
    r"""Return the text in the bytes of a file, without its byte order mark.

    Spreadsheets put one before UTF-8, and Windows' shell before UTF-16.

    Parameters
    ----------
    encoding : str
        Of text without such a mark.
    errors : str
        What happens to bytes that are no text; see ``codecs``.

    Raises
    ------
    UnicodeDecodeError
        If bytes are no text and errors is ``strict``.

    >>> decoded(b"\xef\xbb\xbfonset"), decoded("onset".encode("utf-16")), decoded(b"onset")
    ('onset', 'onset', 'onset')
    """
    marked = next((name for mark, name in _MARKED.items() if data.startswith(mark)), encoding)
    return data.decode(marked, errors)
