"""Addresses of the notes."""

from __future__ import annotations

from django.urls import path

from questions import views

app_name = "questions"
urlpatterns = [
    # /notes/
    path("notes/", views.notes, name="notes"),
    path("notes/compare/", views.comparisons, name="comparisons"),
    path("notes/compare/<slug:slug>/", views.misconception, name="misconception"),
    path("notes/<slug:slug>/", views.service, name="service"),
]
