ARG BASE_IMAGE=python:3.13-slim
# Three images can be built from this file:
#
#   docker build -t inkling .                           the service: small, without PyTorch, starts fast
#   docker run --rm -p 8000:8000 inkling
#
#   docker build --target train -t inkling-train .      training and serving with PyTorch, on a GPU if there is one
#   docker run --rm --gpus all --user "$(id -u):$(id -g)" -v "$PWD:/work" inkling-train train
#
#   docker build --target cluster -t inkling-cluster .  a node of a Ray cluster (docs/cluster.md)
#
# In `docker run`, the words after the image's name are arguments of `inkling`. The service downloads nothing when it
# runs.

# All images run as an unprivileged user. Their Python does not buffer its output and writes no bytecode.
FROM ${BASE_IMAGE} AS base
LABEL org.opencontainers.image.title="Inkling" \
      org.opencontainers.image.description="Draw a digit and see how a convolutional network sees it." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/srv/venv/bin:$PATH \
    PYTHONPATH=/srv/inkling \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# 1000 is the id of the first user on most machines, so this user owns the files that a container writes to a mounted
# folder.
RUN useradd --uid 1000 --no-log-init --create-home --shell /usr/sbin/nologin inkling \
 && mkdir /work && chown inkling:inkling /work

# This stage has the packages of pyproject.toml in the versions of constraints.txt. The project itself is added later,
# because its code changes more often. pip installs only wheels, so no compiler is needed. The packages are compiled to
# bytecode here, because the service must start fast and its file system may be read-only. Python does not compare the
# bytecode with the sources, because the sources never change.
FROM base AS packages
WORKDIR /build
RUN python -m venv --without-pip /srv/venv
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > base.txt \
 && pip --python /srv/venv/bin/python install --no-cache-dir --no-compile --only-binary :all: -c constraints.txt -r base.txt \
 && python -m compileall -q --invalidation-mode unchecked-hash /srv/venv/lib

# The service needs neither the packages' tests and C headers nor ONNX Runtime's tools that convert models. It does not
# need ONNX Runtime's library for C++ programs either, because the Python module contains the same code.
FROM packages AS slim
RUN cd /srv/venv/lib/python3*/site-packages \
 && find . -depth -type d \( -name tests -o -name include \) -exec rm -rf {} + \
 && rm -rf onnxruntime/transformers onnxruntime/tools onnxruntime/quantization onnxruntime/datasets \
           onnxruntime/capi/libonnxruntime.so.* numpy/f2py numpy/_core/lib \
 && find . -name '*.pyi' -delete \
 && python -c "import fastapi, httptools, onnxruntime, orjson, PIL.Image, prometheus_client, pydantic_settings, safetensors.numpy, uvicorn, uvloop"

FROM base AS code
COPY inkling.py /srv/inkling/
COPY app /srv/inkling/app
COPY model /srv/inkling/model
COPY examples /srv/inkling/examples
COPY static /srv/inkling/static
COPY templates /srv/inkling/templates
COPY LICENSE /srv/inkling/
RUN python -m compileall -q --invalidation-mode unchecked-hash /srv/inkling

# Training reads MNIST from ./data and writes its results to ./runs, so mount a folder at /work.
FROM packages AS train
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['train'], sep='\n')" > train.txt \
 && pip --python /srv/venv/bin/python install --no-cache-dir --only-binary :all: -c constraints.txt -r train.txt
COPY --from=code /srv/inkling /srv/inkling
# A user id from --user has no name and no home folder in the image, but some libraries need both.
ENV USER=inkling HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib INKLING_IMAGE=inkling-train INKLING_TRAINING=0
WORKDIR /work
USER inkling
EXPOSE 8000
ENTRYPOINT ["python", "-m", "inkling"]
CMD ["train"]

# KubeRay starts Ray in a container of this image, with a command of its own.
FROM packages AS cluster
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['cluster'], sep='\n')" > cluster.txt \
 && pip --python /srv/venv/bin/python install --no-cache-dir --only-binary :all: -c constraints.txt -r cluster.txt
COPY --from=code /srv/inkling /srv/inkling
ENV INKLING_IMAGE=inkling-cluster RAY_USAGE_STATS_ENABLED=0
WORKDIR /work
USER inkling
EXPOSE 8000
CMD ["serve", "run", "app.cluster:inkling"]

FROM base AS serve
COPY --from=slim /srv/venv /srv/venv
COPY --from=code /srv/inkling /srv/inkling
# Messages name the image in the commands that they suggest. Nobody can train or switch weights through the service.
ENV INKLING_IMAGE=inkling INKLING_TRAINING=0
WORKDIR /work
USER inkling
EXPOSE 8000
# The check asks the port that is really served, which `--port` may have changed.
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
    CMD ["python", "-m", "app.health_check"]
ENTRYPOINT ["python", "-m", "inkling"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
