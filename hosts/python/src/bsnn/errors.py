"""The errors that bsnn raises on purpose."""

from __future__ import annotations

from typing import Literal

ErrorCode = Literal["bad-model", "bad-input", "unsupported", "disposed", "not-installed"]


class BsnnError(Exception):
    """Every error that bsnn raises on purpose.

    ``code`` says whose it is, the message what was found and what was expected:

    - ``bad-model``: the bytes are no bsnn model, or one that breaks a rule of the format;
    - ``bad-input``: an argument has the wrong size, type or range, or a file cannot be read;
    - ``unsupported``: the engine lacks memory or the build asked for, or a limit is exceeded;
    - ``disposed``: the network or pool was used after ``dispose``;
    - ``not-installed``: something optional is not there; the message says what to install.
    """

    code: ErrorCode

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[BsnnError], tuple[ErrorCode, str]]:
        # So that it survives the way back from another process.
        return type(self), (self.code, str(self))


class ConversionError(BsnnError):
    """A model that cannot be converted; the message is the command's own."""
