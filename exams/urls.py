"""Addresses of the landing page, the way into an exam, the exam room and the result."""

from __future__ import annotations

from django.urls import path

from exams.views import clock, landing, marks, offline, results, room

app_name = "exams"
urlpatterns = [
    path("", landing.home, name="home"),
    # At the root: a worker may serve what lies below its own address, and nothing else.
    path("room-worker.js", offline.service_worker, name="service_worker"),
    # /start/
    path("start/", landing.choose_exam, name="choose_exam"),
    path("start/<slug:exam>/", landing.choose_mode, name="choose_mode"),
    path("start/<slug:exam>/<slug:blueprint>/", landing.confirm, name="confirm"),
    path("drills/<slug:exam>/", landing.start_drill, name="start_drill"),
    # /attempts/
    path("attempts/", results.history, name="history"),
    path("attempts/<uuid:attempt_uuid>/continue/", room.continue_here, name="continue_here"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/", room.item, name="item"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/answer/", room.save, name="save_answer"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/flag/", room.flag, name="flag"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/strike/", room.strike, name="strike"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/guess/", marks.guess, name="mark_guess"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/note/", marks.note, name="note"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/highlights/", marks.highlights, name="highlights"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/visit/", marks.visit, name="visit"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/report/", results.report, name="report_problem"),
    path("attempts/<uuid:attempt_uuid>/items/<int:position>/check/", room.check, name="check_answer"),
    path("attempts/<uuid:attempt_uuid>/review/", room.review, name="review"),
    path("attempts/<uuid:attempt_uuid>/submit/", room.submit, name="submit"),
    path("attempts/<uuid:attempt_uuid>/time-left/", clock.time_left, name="time_left"),
    path("attempts/<uuid:attempt_uuid>/result/", results.result, name="result"),
    path("attempts/<uuid:attempt_uuid>/receipt/", results.receipt, name="receipt"),
]
