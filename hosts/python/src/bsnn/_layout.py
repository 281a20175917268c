"""Written by scripts/layout.mjs from the core's sources, which rule; not to be edited."""

# Neuron models, in the order of their numbers in model files.
KINDS = (
    "input",
    "bistable",
    "synchronous",
    "output",
)

# Poolings, likewise.
POOLS = (
    "none",
    "max",
    "sum",
)

# Names of the keys of a model file, by their numbers in the core.
KEY_NAMES = (
    "general.architecture",
    "general.name",
    "general.alignment",
    "bsnn.version",
    "bsnn.phases",
    "bsnn.input.coding",
    "bsnn.input.zero_point",
    "bsnn.input.range",
    "bsnn.input.signed",
    "bsnn.preprocess.scale",
    "bsnn.preprocess.mean",
    "bsnn.preprocess.std",
    "bsnn.preprocess.channel_order",
    "bsnn.labels",
    "bsnn.ann.macs",
    "bsnn.early.corrections",
    "bsnn.early.delays",
    "bsnn.early.shares",
    "bsnn.population.name",
    "bsnn.population.kind",
    "bsnn.population.height",
    "bsnn.population.width",
    "bsnn.population.channels",
    "bsnn.population.depth",
    "bsnn.projection.source",
    "bsnn.projection.target",
    "bsnn.projection.source_channels",
    "bsnn.projection.target_channels",
    "bsnn.projection.region",
    "bsnn.projection.pool",
    "bsnn.projection.pool_size",
    "bsnn.projection.pool_kernel",
    "bsnn.projection.pool_stride",
    "bsnn.projection.pool_dilation",
    "bsnn.projection.pool_offset",
    "bsnn.projection.kernel",
    "bsnn.projection.stride",
    "bsnn.projection.dilation",
    "bsnn.projection.offset",
    "bsnn.projection.groups",
    "bsnn.checksum",
    "bsnn.output.shape",
    "bsnn.output.place",
    "bsnn.input.fit",
    "bsnn.inputs.name",
    "bsnn.inputs.place",
    "bsnn.inputs.range",
)


class Key:
    """Their numbers in the core."""

    ARCHITECTURE = 0
    NAME = 1
    ALIGNMENT = 2
    VERSION = 3
    PHASES = 4
    CODING = 5
    ZERO_POINT = 6
    RANGE = 7
    SIGNED = 8
    SCALE = 9
    MEAN = 10
    STD = 11
    CHANNEL_ORDER = 12
    LABELS = 13
    MACS = 14
    EARLY_CORRECTIONS = 15
    EARLY_DELAYS = 16
    EARLY_SHARES = 17
    POPULATION_NAME = 18
    KIND = 19
    HEIGHT = 20
    WIDTH = 21
    CHANNELS = 22
    DEPTH = 23
    SOURCE = 24
    TARGET = 25
    SOURCE_CHANNELS = 26
    TARGET_CHANNELS = 27
    REGION = 28
    POOL = 29
    POOL_SIZE = 30
    POOL_KERNEL = 31
    POOL_STRIDE = 32
    POOL_DILATION = 33
    POOL_OFFSET = 34
    KERNEL = 35
    STRIDE = 36
    DILATION = 37
    OFFSET = 38
    GROUPS = 39
    CHECKSUM = 40
    OUTPUT_SHAPE = 41
    OUTPUT_PLACE = 42
    FIT = 43
    INPUTS_NAME = 44
    INPUTS_PLACE = 45
    INPUTS_RANGE = 46


class PopulationField:
    """Where in a population's record its fields lie, counted in u32."""

    INDEX = 0
    KIND = 1
    HEIGHT = 2
    WIDTH = 3
    CHANNELS = 4
    DEPTH = 5
    NEURONS = 6
    PITCH = 7
    NAME = 8
    NAME_SIZE = 9
    BIAS = 10
    INITIAL = 11
    SHIFT = 12
    UNIT = 13
    LEVELS = 14
    POTENTIALS = 15
    INCOMING = 17
    OUTGOING = 18
    BASE = 19
    LEVEL_TABLES = 20
    TILE_HEIGHT = 22
    TILE_WIDTH = 23
    MEMBRANE = 24
    CURRENT = 25
    RELAY = 26
    RELAYED = 27
    POSITIONS = 28
    POSITION_COUNT = 29
    GROUPS = 30
    FIRED = 31
    THRESHOLDS = 32
    WORTH = 33
    DIGITS = 34
    SPIKE_COUNTS = 35
    SUMS = 36
    HEARS = 37
    BEGINS = 38
    EMITTED = 39
    POSITIVE = 40
    NEGATIVE = 41
    ACTIVE = 42
    REGISTERS = 43


class ProjectionField:
    """Where in a projection's record its fields lie, counted in u32."""

    INDEX = 0
    SOURCE = 1
    TARGET = 2
    SOURCE_FIRST = 3
    SOURCE_COUNT = 4
    TARGET_FIRST = 5
    TARGET_COUNT = 6
    TOP = 7
    LEFT = 8
    HEIGHT = 9
    WIDTH = 10
    POOL = 11
    POOL_HEIGHT = 12
    POOL_WIDTH = 13
    POOL_KERNEL_H = 14
    POOL_KERNEL_W = 15
    POOL_STRIDE_H = 16
    POOL_STRIDE_W = 17
    POOL_DILATION_H = 18
    POOL_DILATION_W = 19
    POOL_OFFSET_H = 20
    POOL_OFFSET_W = 21
    KERNEL_H = 22
    KERNEL_W = 23
    STRIDE_H = 24
    STRIDE_W = 25
    DILATION_H = 26
    DILATION_W = 27
    OFFSET_H = 28
    OFFSET_W = 29
    GROUPS = 30
    WEIGHT = 31
    WEIGHT_BITS = 32
    NEXT_INCOMING = 33
    NEXT_OUTGOING = 34
    KERNEL = 35
    VALUE_SIZE = 36
    STAGE = 38
    STAGE_HEIGHT = 39
    STAGE_WIDTH = 40
    STAGE_TOP = 41
    STAGE_LEFT = 42
    MAP_STRIDE_H = 43
    MAP_STRIDE_W = 44
    ROW_BYTES = 45
    POSITION_BYTES = 46
    STAGE_STRIDE_H = 47
    STAGE_STRIDE_W = 48
    STRIPS_H = 49
    STRIPS_W = 50
    STRIP_LENGTH = 51
    STRIP_BYTES_H = 52
    STRIP_BYTES_W = 53
    PACKED = 54
    BLOCK_BYTES = 55
    OFFSETS = 56
    END_OFFSETS = 57
    ROWS = 58
    ROW_LENGTH = 59
    TOURNAMENT = 61
    POOL_EMITTED = 62
    POOL_SPIKES = 63
    WIDE_ROWS = 64
