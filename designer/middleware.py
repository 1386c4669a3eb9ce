"""Request ids, the content security policy, and a log filter that never lets a callback signature through."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from uuid_utils.compat import uuid4
from whitenoise.middleware import WhiteNoiseMiddleware

Next = Callable[[HttpRequest], HttpResponse]
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def request_id_from(header: str | None) -> str:
    """The caller's own id where it is harmless to log and store, else a new one."""
    if header and _ACCEPTED_ID.fullmatch(header):
        return header
    return uuid4().hex


class RequestId:
    """Sets `request.request_id` and answers with it, so that a reported error can be found in
    audit and log.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request_id_from(request.headers.get("X-Request-Id"))
        request.request_id = request_id  # type: ignore[attr-defined]
        request.get_host()  # raises for names we do not go by, which Django itself checks on writes only
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class ContentSecurityPolicy:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"
        )
        return response


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Files of the canvas, whole: an ASGI server would otherwise be handed a blocking iterator to stream.

    They may change under a running server: what an update removed is not found, what it brought is.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(self.static_prefix) and path not in self.files:
            # Looked up in its folder as when the server started; paths that lead out of it find nothing.
            self.directories = [(f"{os.path.abspath(self.static_root)}{os.sep}", self.static_prefix)]
            found = self.find_file(path)
            if found is not None:
                self.files[path] = found
        try:
            response: HttpResponse = super().__call__(request)
        except FileNotFoundError:
            self.files.pop(path, None)
            raise Http404 from None
        return response

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        streamed = WhiteNoiseMiddleware.serve(static_file, request)
        content = b"".join(streamed.streaming_content)
        streamed.close()
        response = HttpResponse(content, status=streamed.status_code, headers=dict(streamed.headers))
        if "Content-Length" in streamed.headers:
            response["Content-Length"] = streamed["Content-Length"]
        return response


class HideSignature(logging.Filter):
    """A callback URL's `sig` is a credential: it is cut out of every log line, whoever wrote it."""

    _SIGNATURE = re.compile(r"(sig=)[^&\s\"']+")

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "sig=" in text:
            record.msg, record.args = self._SIGNATURE.sub(r"\1…", text), ()
        return True
