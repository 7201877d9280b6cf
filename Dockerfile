# One box: docker build -t peacetext . ; docker run --rm -v "$PWD/outputs:/home/reader/peacetext/outputs" peacetext
# docs/one-box.md says more. The commands of each step were run in a clean environment, not by Docker.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 reader

USER reader
WORKDIR /home/reader/peacetext

# What is installed changes rarely, so that a change of the code builds in seconds.
# With PyTorch's index of CPU builds (see README.md) the image is some GB smaller:
#   --build-arg PIP_OPTIONS="--no-cache-dir --extra-index-url INDEX"
ARG PIP_OPTIONS="--no-cache-dir"
COPY --chown=reader pyproject.toml constraints.txt dvc.yaml README.md LICENSE ./
COPY --chown=reader .dvc/config .dvc/config
COPY --chown=reader configs configs
COPY --chown=reader pipeline/__init__.py pipeline/__main__.py pipeline/
RUN python -m pipeline setup

COPY --chown=reader . .
ENV PATH="/home/reader/peacetext/.venv/bin:$PATH"
CMD ["make"]
