"""Icons of the engine's own operations: 24 px line drawings in the current colour, by name."""

from __future__ import annotations

_FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" '
    'stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">{}</svg>'
)
_CLOCK = '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>'

_DRAWINGS = {
    "condition": '<path d="M12 3.5l7.5 8.5-7.5 8.5L4.5 12z"/><path d="M9.5 12h5"/>',
    "switch": '<path d="M4 12h5M9 12l4-6.5h7M9 12h11M9 12l4 6.5h7"/><circle cx="9" cy="12" r="1"/>',
    "scope": '<path d="M8 4H5.5A1.5 1.5 0 0 0 4 5.5V8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M8 20H5.5A1.5 '
    '1.5 0 0 1 4 18.5V16M16 20h2.5a1.5 1.5 0 0 0 1.5-1.5V16"/><rect x="9" y="9" width="6" height="6" '
    'rx="1.25"/>',
    "foreach": '<path d="M4 10.5A7 7 0 0 1 16.5 7L19 9.5M19 5v4.5h-4.5"/><path d="M20 13.5A7 7 0 0 1 7.5 '
    '17L5 14.5M5 19v-4.5h4.5"/>',
    "until": '<path d="M19.5 12a7.5 7.5 0 1 1-2.6-5.7L19.5 8.5M19.5 4v4.5H15"/><path d="M9 12l2.2 '
    '2.2L15 10.5"/>',
    "terminate": '<circle cx="12" cy="12" r="8.5"/><rect x="9" y="9" width="6" height="6" rx="1"/>',
    "variable": '<path d="M7.5 4.5C5.5 7 4.5 9.5 4.5 12s1 5 3 7.5M16.5 4.5c2 2.5 3 5 3 7.5s-1 5-3 '
    '7.5"/><path d="M9.5 9.5l5 5M14.5 9.5l-5 5"/>',
    "compose": '<path d="M9 4.5c-2.5 0-2.5 1.5-2.5 3s0 3.5-2 4.5c2 1 2 3 2 4.5s0 3 2.5 3M15 4.5c2.5 0 '
    '2.5 1.5 2.5 3s0 3.5 2 4.5c-2 1-2 3-2 4.5s0 3-2.5 3"/><path d="M12 9v.01M12 15v.01"/>',
    "parse": '<path d="M14 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 '
    '1.5-1.5V8z"/><path d="M14 3.5V8h4.5"/><path d="M9 12.5h6M9 16h4"/>',
    "filter": '<path d="M4 5.5h16l-6.25 7.25v5.25l-3.5 1.5v-6.75z"/>',
    "select": '<path d="M4 6.5h5M4 12h5M4 17.5h5"/><path d="M12 12h8M17 8.5l3.5 3.5-3.5 3.5"/>',
    "join": '<path d="M4 6h4c3 0 3 6 6 6h6M4 18h4c3 0 3-6 6-6"/><path d="M17.5 9l3 3-3 3"/>',
    "table": '<rect x="3.5" y="5" width="17" height="14" rx="2"/><path d="M3.5 9.75h17M9.5 9.75V19"/>',
    "wait": '<path d="M7 3.5h10M7 20.5h10M8 3.5v3.25L12 12l4-5.25V3.5M8 20.5v-3.25L12 12l4 5.25v3.25"/>',
    "date": '<rect x="4" y="5.5" width="16" height="14.5" rx="2"/><path d="M4 10h16M8.5 3.5v4M15.5 3.5v4"/>',
    "response": '<path d="M9.5 6L4 11.5 9.5 17"/><path d="M4 11.5h9a7 7 0 0 1 7 7"/>',
    "request": '<path d="M14.5 6l5.5 5.5-5.5 5.5"/><path d="M20 11.5H9.5"/><path d="M9.5 4H6.5A2.5 2.5 0 '
    '0 0 4 6.5v10A2.5 2.5 0 0 0 6.5 19h3"/>',
    "workflow": '<rect x="4" y="4" width="6" height="6" rx="1.5"/><rect x="14" y="14" width="6" height="6" '
    'rx="1.5"/><path d="M7 10v4a3 3 0 0 0 3 3h4"/>',
    "webhook": '<circle cx="6.5" cy="16.5" r="2.75"/><circle cx="17.5" cy="16.5" r="2.75"/><circle cx="12" '
    'cy="6.5" r="2.75"/><path d="M10.7 9L7.8 14M13.3 9l2.9 5M9.25 16.5h5.5"/>',
    "clock": _CLOCK,
    "code": '<path d="M8.5 7.5L4 12l4.5 4.5M15.5 7.5L20 12l-4.5 4.5M13.5 5l-3 14"/>',
    "operation": '<rect x="4.5" y="4.5" width="15" height="15" rx="3"/>',
}


def icon(name: str) -> str:
    """The SVG text of an icon; a plain square for a name nobody drew."""
    return _FRAME.format(_DRAWINGS.get(name, _DRAWINGS["operation"]))
