# syntax=docker/dockerfile:1
# The packages are built in one stage and copied to another, which has no compiler, no pip cache and no root.
FROM python:3.13-slim-bookworm AS packages
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/imagine \
    && /opt/imagine/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock

FROM python:3.13-slim-bookworm
ENV PATH=/opt/imagine/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite+aiosqlite:////data/imagine.db \
    HTTP_HOST=0.0.0.0 \
    LOG_FORMAT=json
RUN useradd --system --uid 10001 --home-dir /srv/imagine imagine \
    && install -d -o imagine -g imagine /data /srv/imagine
COPY --from=packages /opt/imagine /opt/imagine
WORKDIR /srv/imagine
COPY bot bot
COPY cogs cogs
USER 10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('HTTP_PORT', '8080') + '/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "bot"]
