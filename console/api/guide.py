"""A page that lists the API's operations from its own OpenAPI document; it loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.4rem;text-align:left}"
)


def guide_page(document: Mapping[str, Any]) -> str:
    """HTML of every operation in an OpenAPI document."""
    rows = "".join(
        f"<tr><td><code>{escape(method)}</code></td><td><code>{escape(path)}</code></td><td>{escape(what)}</td></tr>"
        for method, path, what in _operations(document)
    )
    title = escape(str(document["info"]["title"]))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>"
        f"<body><h1>{title}</h1><p>Show a token with each request: <code>Authorization: Bearer TOKEN</code>. "
        f'The whole description: <a href="/openapi.json">/openapi.json</a>.</p>'
        f"<table><tr><th>method</th><th>path</th><th>what</th></tr>{rows}</table></body></html>"
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation.get("summary", "")
