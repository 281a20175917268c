"""The examples of docs/python.md run, one after the other, as they stand there."""

from __future__ import annotations

import re

import pytest
from conftest import PROJECT

PAGE = (PROJECT / "docs/python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_docs(monkeypatch, tmp_path, capsys) -> None:
    for package in ("PIL", "nir", "matplotlib"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, "docs/python.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "(10,) 50\n[Classification(index=7, label='7'" in printed
    assert "(2, 10)" in printed and "(200, 10)" in printed
    assert "period 1.0 50 " in printed
    assert (tmp_path / "python.png").stat().st_size > 10_000 and (tmp_path / "seven.npz").exists()
    # What is said in passing.
    assert names["dense"].shape == (50, 28, 28, 12)
