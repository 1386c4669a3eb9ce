"""Every address: the HTTP interface, and the one page for everything a person opens."""

from __future__ import annotations

from django.urls import include, path, re_path

from designer import pages

urlpatterns = [
    path("api/v1/", include("designer.api.routes")),
    path("favicon.svg", pages.icon),
    path("favicon.ico", pages.icon),
    re_path(r"^(?:|signin|setup|join|me|select-tenant|t/.*)$", pages.canvas),
]

handler400 = "designer.api.errors.bad_request"
handler403 = "designer.api.errors.forbidden"
handler404 = "designer.pages.not_found"
handler500 = "designer.api.errors.server_error"
