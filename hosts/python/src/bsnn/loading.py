"""Loading a model."""

from __future__ import annotations

import math
import os
from typing import IO, Any, Union
from urllib.error import URLError
from urllib.parse import urlparse
from urllib.request import urlopen

from ._arguments import whole
from ._core import choose_core
from .errors import BsnnError
from .network import Network
from .types import Build

Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, IO[bytes]]
"""A model: the path of its file, an address to fetch it from (http, https), its bytes, or an open file."""

MOST_MEMORY = 2**32 - 2**16
DEFAULT_MEMORY = 2**31


def load(
    source: Source, *, build: Build = "auto", max_memory: int | None = None, max_synapses: float | None = None
) -> Network:
    """Loads a model.

    :param source: the path of a model file, an address, its bytes, or an open file.
    :param build: ``auto`` takes the relaxed-SIMD core where it passes a known-answer test; the others force one.
    :param max_memory: most bytes of linear memory that the network may take; no longer file is read. Default 2 GiB.
    :param max_synapses: most synapses of all projections together, the work of one presentation.
    :raises BsnnError: ``bad-model`` where the bytes are no bsnn model, ``bad-input`` where they cannot be had,
        ``unsupported`` where it needs more than allowed.
    """
    memory, synapses = check_limits(max_memory, max_synapses)
    core, chosen = choose_core(build)
    core.load(read(source, memory), memory)
    network = Network(core, chosen)
    require_synapses(network, synapses)
    return network


def check_limits(max_memory: Any, max_synapses: Any) -> tuple[int, float]:
    memory = whole(DEFAULT_MEMORY if max_memory is None else max_memory)
    if memory is None or not 2**16 <= memory <= MOST_MEMORY:
        raise BsnnError("bad-input", f"max_memory must be an integer in 65536…{MOST_MEMORY}, found {max_memory!r}")
    synapses = math.inf if max_synapses is None else max_synapses
    if isinstance(synapses, bool) or not isinstance(synapses, (int, float)) or not synapses >= 0:
        raise BsnnError("bad-input", f"max_synapses must be a number ≥ 0, found {max_synapses!r}")
    return memory, synapses


def require_synapses(network: Network, most: float) -> None:
    synapses = sum(projection.synapses for projection in network.projections)
    if synapses > most:
        network.dispose()
        raise BsnnError("unsupported", f"the model has {synapses} synapses, {most} are allowed")


def read(source: Source, limit: int) -> bytes:
    """The bytes of a model, no more than allowed."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        scheme = urlparse(path).scheme if isinstance(path, str) else ""
        try:
            # A single letter before the colon is a drive.
            opened = urlopen(path) if scheme in ("http", "https", "file") else open(path, "rb")
            with opened as file:
                return _read_all(file, limit)
        except (OSError, URLError, ValueError) as error:
            raise BsnnError("bad-input", f"cannot read the model file {path}: {error}") from error
    if hasattr(source, "read"):
        return _read_all(source, limit)
    raise BsnnError(
        "bad-input", f"a model is loaded from a path, an address, bytes or an open file, found {type(source).__name__}"
    )


def _read_all(file: Any, limit: int) -> bytes:
    content = file.read(limit + 1)
    if not isinstance(content, bytes):
        raise BsnnError("bad-input", "the model's file must be opened for reading bytes ('rb')")
    if len(content) > limit:
        raise BsnnError("unsupported", f"the model is longer than the {limit} bytes of memory that are allowed")
    return content
