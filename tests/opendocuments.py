"""Small OpenDocument workbooks, written by hand for the tests."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

URN = "urn:oasis:names:tc:opendocument:xmlns"
CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
KIND = "application/vnd.oasis.opendocument.spreadsheet"
SPACES = f'xmlns:office="{URN}:office:1.0" xmlns:table="{URN}:table:1.0" xmlns:text="{URN}:text:1.0"'


def cell(kind: str = "", value: object = "", *, repeated: int = 1) -> str:
    """Return a cell of a type of the format (string, float, date, boolean, …), of the type error, or an empty one."""
    repeat = f' table:number-columns-repeated="{repeated}"' if repeated > 1 else ""
    shown = f"<text:p>{escape(str(value))}</text:p>"
    match kind:
        case "":
            return f"<table:table-cell{repeat}/>"
        case "string":
            typed = 'office:value-type="string"'
        case "error":
            typed = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
        case "date" | "time" | "boolean":
            typed = f'office:value-type="{kind}" office:{kind}-value="{value}"'
        case _:
            typed = f'office:value-type="{kind}" office:value="{value}"'
    return f"<table:table-cell {typed}{repeat}>{shown}</table:table-cell>"


def row(*cells: str, repeated: int = 1) -> str:
    repeat = f' table:number-rows-repeated="{repeated}"' if repeated > 1 else ""
    return f"<table:table-row{repeat}>{''.join(cells)}</table:table-row>"


def opendocument(**sheets: str) -> bytes:
    """Return the bytes of a workbook: by the name of each sheet its rows in XML."""
    tables = "".join(f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in sheets.items())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", KIND, zipfile.ZIP_STORED)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{URN}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
            f'manifest:media-type="{KIND}"/><manifest:file-entry manifest:full-path="content.xml" '
            'manifest:media-type="text/xml"/></manifest:manifest>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content {SPACES} xmlns:calcext="{CALC}"><office:body><office:spreadsheet>{tables}'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()
