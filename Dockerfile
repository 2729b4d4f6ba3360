# syntax=docker/dockerfile:1
FROM python:3.13-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --require-hashes -r requirements.lock
COPY manage.py ./
COPY examprep ./examprep
COPY accounts ./accounts
COPY questions ./questions
COPY exams ./exams
COPY progress ./progress
COPY templates ./templates
COPY static ./static
# Collecting needs settings, not services: these values reach no running container.
RUN SECRET_KEY=build DATABASE_URL=postgresql://build@build/build REDIS_URL=redis://build \
    STATIC_ROOT=/app/staticfiles /venv/bin/python manage.py collectstatic --noinput \
    && /venv/bin/python -m compileall -q examprep accounts questions exams progress

FROM python:3.13-slim-bookworm

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin examprep
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/app/staticfiles
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER 10001
EXPOSE 8000
CMD ["gunicorn", "examprep.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--no-control-socket", "--access-logfile", "-"]
