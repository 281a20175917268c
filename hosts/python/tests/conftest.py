"""What all tests share: the digits model, drawn digits, and what the API says of them on Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bsnn

PROJECT = Path(__file__).resolve().parents[3]
MODEL = PROJECT / "models/digits.bsnn.gguf"
SAMPLES = PROJECT / "test/hosts/digits.raw"


@pytest.fixture(scope="session")
def model() -> Path:
    return MODEL


@pytest.fixture(scope="session")
def digits() -> np.ndarray:
    """(20, 28, 28, 1)"""
    return np.fromfile(SAMPLES, np.uint8).reshape(-1, 28, 28, 1)


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    return json.loads((PROJECT / "test/hosts/golden.json").read_text())["digits"]


@pytest.fixture(scope="session")
def node() -> dict[str, Any]:
    """What the TypeScript API says."""
    assert shutil.which("node"), "the answers are compared with Node's"
    script = Path(__file__).with_name("answers.mjs")
    done = subprocess.run(["node", str(script), str(MODEL), str(SAMPLES)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture
def net() -> Iterator[bsnn.Network]:
    with bsnn.load(MODEL) as network:
        yield network
