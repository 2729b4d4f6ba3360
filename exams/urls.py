"""Addresses of the landing page, the way into an exam, the exam room and the result."""

from __future__ import annotations

from django.urls import path

from exams.views import landing, results, room

app_name = "exams"
urlpatterns = [
    path("", landing.home, name="home"),
    # /start/
    path("start/", landing.choose_exam, name="choose_exam"),
    path("start/<slug:exam>/", landing.choose_mode, name="choose_mode"),
    path("start/<slug:exam>/<slug:blueprint>/", landing.confirm, name="confirm"),
    # /attempts/
    path("attempts/", results.history, name="history"),
    path("attempts/<uuid:attempt_uuid>/continue/", room.continue_here, name="continue_here"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/", room.item, name="item"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/answer/", room.save, name="save_answer"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/flag/", room.flag, name="flag"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/strike/", room.strike, name="strike"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/check/", room.check, name="check_answer"),
    path("attempts/<uuid:attempt_uuid>/review/", room.review, name="review"),
    path("attempts/<uuid:attempt_uuid>/submit/", room.submit, name="submit"),
    path("attempts/<uuid:attempt_uuid>/result/", results.result, name="result"),
]
