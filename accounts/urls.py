"""Addresses below /account/ that are ours; the others are allauth's."""

from __future__ import annotations

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("preferences/", views.preferences, name="preferences"),
    path("shortcuts/", views.shortcuts, name="shortcuts"),
]
