"""Data sets: where they come from and how they are checked, standardised and split."""

from model.data.catalog import DatasetInfo, check_name, describe, find, load, load_file
from model.data.dataset import Dataset, Split

__all__ = ["Dataset", "DatasetInfo", "Split", "check_name", "describe", "find", "load", "load_file"]
