"""What can go wrong in the model, for callers to tell apart."""


class ModelError(Exception):
    """Something in the model failed."""


class DivergedError(ModelError):
    """A weight of the network is no longer finite."""


class DataFileError(ModelError):
    """A data file is absent, truncated, corrupted or not what it should be."""


class GoalFileError(ModelError):
    """A file holds no goals or cannot be written, or a name is none of a preset or file."""


class UnknownDatasetError(ModelError, ValueError):
    """No data set has this name."""


class ServiceAnswerError(ModelError):
    """A running service does not answer, refuses, or answers what cannot be used."""


class UnfitDataError(ModelError, ValueError):
    """Images or labels are not such as a network has been trained on."""


class RecordError(ModelError):
    """What networks did cannot be written."""


class CheckpointError(ModelError):
    """A checkpoint is absent, damaged, or not what it should be."""


class DeviceError(ModelError):
    """Nothing can be computed on this device."""
