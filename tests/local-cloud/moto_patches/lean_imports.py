"""Keeps `moto.batch` out: the interpreter imports it for one enum, and it loads all of EC2's instance types (0.5 s)."""

import enum
import sys
import types


def apply() -> None:
    class JobStatus(enum.Enum):
        """The two names that moto's Batch integration reads at import."""

        SUCCEEDED = "SUCCEEDED"
        FAILED = "FAILED"

    utils = types.ModuleType("moto.batch.utils")
    utils.JobStatus = JobStatus
    batch = types.ModuleType("moto.batch")
    batch.utils = utils
    batch.__path__ = []
    sys.modules["moto.batch"] = batch
    sys.modules["moto.batch.utils"] = utils
