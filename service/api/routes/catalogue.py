"""What a study can name: published goals and data sets."""

from fastapi import APIRouter

from model.data import describe
from model.goal import BIVARIATE_TERMS, TERMS, presets
from service.api.dependencies import SettingsDep
from service.api.schemas import DatasetDescription, GoalPreset

router = APIRouter(tags=["catalogue"])


@router.get("/goals")
def list_goals() -> list[GoalPreset]:
    """The published goals."""
    return [
        GoalPreset(
            name=name, kind=kind, terms=list(TERMS if len(gamma) == len(TERMS) else BIVARIATE_TERMS), gamma=list(gamma)
        )
        for kind, goals in presets().items()
        for name, gamma in goals.items()
    ]


@router.get("/datasets")
def list_datasets(settings: SettingsDep) -> list[DatasetDescription]:
    """The data sets: those built in, and the .npz files of the data directory."""
    return [DatasetDescription.of(info) for info in describe(settings.data_dir)]
