# A container that serves a model; docs/container.md says how it is built and run.
FROM python:3.11-slim

# Only wheels, and liac-arff, which is Python alone and has none: nothing is compiled, there is no compiler.
RUN --mount=type=bind,source=build/wheels,target=/wheels \
    set -- /wheels/*.whl \
    && test "$#" = 1 \
    && pip install --no-cache-dir --only-binary :all: --no-binary liac-arff "$1[serve]" \
    && useradd --system --no-create-home --uid 10001 softlearn

ENV PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD \
    ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["softlearn", "serve", "/model/model.softlearn", "--host", "0.0.0.0", "--port", "8000"]
