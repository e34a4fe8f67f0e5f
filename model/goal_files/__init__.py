"""Goals in files: one for all hidden layers of a network, or one for each, as JSON, YAML, .npy or for Hydra."""

from model.goal_files.documents import document_of, goals_in
from model.goal_files.reading import read_goals
from model.goal_files.writing import file_content, write_goals

__all__ = ["document_of", "file_content", "goals_in", "read_goals", "write_goals"]
