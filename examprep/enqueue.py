"""Hand work to Celery without ever blocking or breaking the request that asks for it."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from celery import Task
from django.db import transaction

logger = logging.getLogger(__name__)


def enqueue(task: Task[..., Any], *args: int | str) -> None:
    """Publish a task after the current transaction commits; at once when there is none.

    A broker that is down is logged and forgotten: the truth is in the database, where sweeps find what was
    not done. Costs at most the broker's connect timeout (settings), never an exception.
    """
    transaction.on_commit(partial(_publish, task, args), robust=True)


def _publish(task: Task[..., Any], args: tuple[int | str, ...]) -> None:
    try:
        task.apply_async(args=args, retry=False)
    except Exception:
        logger.exception("could not enqueue %s%r; a sweep will find the work", task.name, args)
