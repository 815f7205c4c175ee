# The page in a container: no root, and a file system that is read-only but for /tmp.
#
#   docker build -t d2m .
#   docker run --rm --read-only --tmpfs /tmp:size=4g --cap-drop ALL -p 7860:7860 d2m
#
# With --build-arg PIP_EXTRA_INDEX_URL=..., PyTorch's index of builds for CPUs, the image is much
# smaller: the usual builds bring the libraries of GPUs, which the bundled weights don't use.
FROM python:3.11-slim

ARG PIP_EXTRA_INDEX_URL
ENV PYTHONUNBUFFERED=1 \
    GRADIO_ANALYTICS_ENABLED=False \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    NUMBA_CACHE_DIR=/tmp/numba

WORKDIR /app
COPY requirements.txt requirements-headless.txt ./
RUN pip install --no-cache-dir -r requirements.txt \
    && pip install --no-cache-dir --no-deps --force-reinstall -r requirements-headless.txt
COPY d2m d2m
COPY examples examples
# Librosa is compiled here, so that no container does it at its start.
RUN NUMBA_CACHE_DIR=/app/numba python -c "from d2m.core.librosa_loader import load_librosa; load_librosa()" \
    && python -m compileall -q d2m

USER 10001
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=90s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"GRADIO_SERVER_PORT\"]}/', timeout=8)"]
# Numba needs a cache that it can write.
CMD ["sh", "-c", "cp -rT /app/numba /tmp/numba && exec python -m d2m serve"]
