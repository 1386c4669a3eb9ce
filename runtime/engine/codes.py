"""Status codes by name, as records spell them (reference 6.2): .NET's names; digits where it has none."""

from __future__ import annotations

from runtime.language.values import Json

_DIGITS = 18  # a whole number in text may have this many; no setting means more

_NAMES = {
    200: "OK", 201: "Created", 202: "Accepted", 203: "NonAuthoritativeInformation", 204: "NoContent",
    205: "ResetContent", 206: "PartialContent", 300: "MultipleChoices", 301: "MovedPermanently", 302: "Found",
    303: "SeeOther", 304: "NotModified", 305: "UseProxy", 307: "TemporaryRedirect", 400: "BadRequest",
    401: "Unauthorized", 402: "PaymentRequired", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
    406: "NotAcceptable", 407: "ProxyAuthenticationRequired", 408: "RequestTimeout", 409: "Conflict",
    410: "Gone", 411: "LengthRequired", 412: "PreconditionFailed",
    413: "RequestEntityTooLarge", 414: "RequestUriTooLong",
    415: "UnsupportedMediaType", 416: "RequestedRangeNotSatisfiable", 417: "ExpectationFailed",
    426: "UpgradeRequired", 500: "InternalServerError", 501: "NotImplemented", 502: "BadGateway",
    503: "ServiceUnavailable", 504: "GatewayTimeout", 505: "HttpVersionNotSupported",
}  # fmt: skip
_NUMBERS = {name.lower(): number for number, name in _NAMES.items()}


def name_of(status: int) -> str:
    """`NotFound` for 404, `429` for 429."""
    return _NAMES.get(status, str(status))


def number_of(text: str) -> int | None:
    """The inverse, in any letter case; digits are taken as they are."""
    found = whole_number(text)
    return _NUMBERS.get(text.strip().lower()) if found is None else found


def whole_number(value: Json) -> int | None:
    """A whole number as settings have it, in digits or as it is; None when it is none.

    What has too many digits means any large number.
    """
    if isinstance(value, str):
        digits = value.strip()
        sign, digits = (-1, digits[1:]) if digits.startswith("-") else (1, digits)
        return sign * int(digits.lstrip("0")[:_DIGITS] or 0) if digits.isdecimal() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
