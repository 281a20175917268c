"""bsnn: bistable spiking neural networks from NumPy, bit for bit as on every other host.

>>> import bsnn
>>> with bsnn.load("digits.bsnn.gguf") as net:
...     net.run(samples).logits
"""

from .conversion import Conversion, convert
from .errors import BsnnError, ConversionError, ErrorCode
from .evaluation import Evaluation, evaluate
from .loading import Source, load
from .network import Network, Step
from .pool import Pool, load_pool
from .recording import Recording, Spikes, record
from .types import (
    Activity,
    Classification,
    InputInfo,
    NamedInputInfo,
    Output,
    PoolResult,
    PopulationInfo,
    Preprocessing,
    ProjectionInfo,
    Result,
)

__all__ = [
    "Activity",
    "BsnnError",
    "Classification",
    "Conversion",
    "ConversionError",
    "ErrorCode",
    "Evaluation",
    "InputInfo",
    "NamedInputInfo",
    "Network",
    "Output",
    "Pool",
    "PoolResult",
    "PopulationInfo",
    "Preprocessing",
    "ProjectionInfo",
    "Recording",
    "Result",
    "Source",
    "Spikes",
    "Step",
    "convert",
    "evaluate",
    "load",
    "load_pool",
    "record",
]
