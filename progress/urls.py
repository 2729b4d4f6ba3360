"""Addresses of dashboard, report and the end of the weekly mail."""

from __future__ import annotations

from django.urls import path

from progress import views

app_name = "progress"
urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("report/<slug:exam>/", views.report, name="report"),
    path("mail/unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
