"""All addresses of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from examprep.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.account.urls")),
    path("account/", include("allauth.usersessions.urls")),
    path("", include("questions.urls")),
    path("", include("exams.urls")),
    path("", include("progress.urls")),
]
