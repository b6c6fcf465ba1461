"""PDF files as office software and attackers write them, made here byte by byte."""

from __future__ import annotations

import zlib

_FONT = 2  # object numbers: 1 catalogue, 2 font, 3 its character map, 4 page tree, then two a page


def _map(letters: str) -> bytes:
    rows = "\n".join(f"<{number:04x}> <{letter.encode('utf-16-be').hex()}>" for number, letter in enumerate(letters, 1))
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(letters)} beginbfchar\n{rows}\nendbfchar endcmap end end"
    ).encode()


def _stream(data: bytes, extra: str = "") -> bytes:
    return f"<< /Length {len(data)} {extra} >>\nstream\n".encode() + data + b"\nendstream"


def assemble(objects: list[bytes], root: int = 1, trailer: str = "") -> bytes:
    """A file of numbered objects with its table of places."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode() + b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    return bytes(out) + f"trailer << /Size {len(objects) + 1} /Root {root} 0 R {trailer} >>\nstartxref\n{start}\n%%EOF".encode()


def pdf(pages: list[list[str]], *, author: str = "") -> bytes:
    """A PDF with a text layer: each page a list of lines, any letters, through a character map as office software writes it."""
    letters = "".join(sorted({letter for page in pages for line in page for letter in line})) or " "
    code = {letter: number for number, letter in enumerate(letters, 1)}
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    font = "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 500 >>"
    objects = [
        b"<< /Type /Catalog /Pages 4 0 R >>",
        f"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 3 0 R /DescendantFonts [{font}] >>".encode(),
        _stream(zlib.compress(_map(letters)), "/Filter /FlateDecode"),
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
    ]
    for number, page in enumerate(pages):
        shown = " ".join(f"<{''.join(f'{code[letter]:04x}' for letter in line)}> Tj T*" for line in page)
        objects.append(
            f"<< /Type /Page /Parent 4 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F {_FONT} 0 R >> >> /Contents {6 + 2 * number} 0 R >>".encode()
        )
        objects.append(_stream(zlib.compress(f"BT /F 12 Tf 14 TL 50 800 Td {shown} ET".encode()), "/Filter /FlateDecode"))
    if author:
        objects.append(f"<< /Author ({author}) >>".encode())
    return assemble(objects, trailer=f"/Info {len(objects)} 0 R" if author else "")


def scan() -> bytes:
    """A page with a picture and no text."""
    return pdf([[]])


def bomb(megabytes: int = 400) -> bytes:
    """A page whose content unpacks to far more than the file's size."""
    content = zlib.compress(b"(x) Tj " * (megabytes * 150_000), 9)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents 4 0 R >>"
    return assemble(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", page, _stream(content, "/Filter /FlateDecode")]
    )


def circle() -> bytes:
    """A page tree that is its own child."""
    return assemble([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] /Parent 2 0 R >>"])
