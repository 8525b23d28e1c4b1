# One image for web, workers, beat and migrations.
FROM python:3.13-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PATH=/opt/venv/bin:$PATH PYTHONPATH=/app
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app

FROM base AS build
RUN python -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir uv==0.13.9
COPY requirements.lock pyproject.toml ./
COPY deploy/prune.py deploy/prune.py
RUN /opt/uv/bin/uv venv /opt/venv \
 && /opt/uv/bin/uv pip sync --no-cache --compile-bytecode --python /opt/venv/bin/python \
      --require-hashes requirements.lock \
 && /opt/venv/bin/python deploy/prune.py > /tmp/extra.txt \
 && xargs -r /opt/uv/bin/uv pip uninstall --python /opt/venv/bin/python < /tmp/extra.txt
COPY . .
# The build needs a secret and keys to read the settings; they stay in this layer.
RUN python -m compileall -q opsa agencies procedures cases delivery \
 && python -c "from pathlib import Path; from opsa.embedded.places import make_secrets; make_secrets(Path('/tmp/secrets'))" \
 && export DJANGO_SETTINGS_MODULE=opsa.settings.production OPSA_VAR_DIR=/app/var \
      SECRET_KEY_FILE=/tmp/secrets/secret_key OPSA_KEYS_FILE=/tmp/secrets/keys.json \
 && python manage.py build_messages \
 && python manage.py build_static \
 && python manage.py collectstatic --no-input

FROM base
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin opsa
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV DJANGO_SETTINGS_MODULE=opsa.settings.production OPSA_VAR_DIR=/app/var HOME=/tmp \
    XDG_CACHE_HOME=/tmp/cache WEB_BIND=0.0.0.0:8000
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["/app/deploy/entrypoint.sh"]
CMD ["gunicorn", "-c", "/app/deploy/gunicorn.conf.py"]
