# One image for every part: `docker run IMAGE api`, `migrate`, `worker`, and Ray's nodes with `--entrypoint ray`.
FROM python:3.11-slim AS build

# Where PyTorch comes from, if not from where everything else does. What it gets by default runs on GPUs too; the index
# of CPU builds that PyTorch's installation page names makes the image smaller by gigabytes.
ARG TORCH_INDEX=
ENV PATH=/opt/infomorphic/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/infomorphic

# Alone and without its dependencies: no other package may come from that index.
COPY constraints.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-deps --constraint constraints.txt ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch

COPY pyproject.toml README.md ./
COPY migrations ./migrations
COPY model ./model
COPY service ./service
COPY worker ./worker
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --constraint constraints.txt .


FROM python:3.11-slim

RUN useradd --uid 10001 --create-home infomorphic && install --directory --owner=10001 --group=10001 /data
COPY --from=build /opt/infomorphic /opt/infomorphic
ENV PATH=/opt/infomorphic/bin:$PATH PYTHONUNBUFFERED=1 INFOMORPHIC_DATA_DIR=/data
USER 10001
WORKDIR /home/infomorphic
EXPOSE 8000
ENTRYPOINT ["infomorphic"]
CMD ["--help"]
