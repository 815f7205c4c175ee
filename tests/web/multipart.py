"""Make the body of an upload."""

from __future__ import annotations

CONTENT_TYPE = "multipart/form-data; boundary=edge"
"""Content type of the bodies that `upload_body` returns."""


def upload_body(*fields: tuple[str, bytes], end: bytes = b"--") -> bytes:
    """Return a form with files as ``multipart/form-data``.

    Parameters
    ----------
    *fields
        Name of the field and content of the file.
    end
        Suffix of the last boundary; empty for a form without an end.
    """
    parts = [
        b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="a.mp4"\r\n\r\n%s\r\n'
        % (name.encode(), content)
        for name, content in fields
    ]
    return b"".join(parts) + b"--edge" + end + b"\r\n"
