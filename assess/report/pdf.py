"""The page as PDF, by WeasyPrint: tagged (PDF/UA-1), so that a screen reader can follow it."""

from __future__ import annotations

from assess.errors import AssessError


def to_pdf(html: str) -> bytes:
    """AssessError `pdf-missing` without the extra [pdf] or the libraries that it needs."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # OSError: Pango isn't there
        raise AssessError("pdf-missing", reason=error) from error

    pdf: bytes = HTML(string=html).write_pdf(pdf_variant="pdf/ua-1")
    return pdf
