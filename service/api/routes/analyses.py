"""Analyses of a study: ask for one, and see what it has found."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response

from service.analyses import creating, reporting
from service.analyses.requests import Analysis
from service.api.analysis_schemas import AnalysisDetail, AnalysisList, AnalysisSummary
from service.api.dependencies import SessionDep, SettingsDep, StoreDep, StudyInPath
from service.api.problems import responses
from service.spec import StudyName

router = APIRouter(prefix="/studies/{name}/analyses", tags=["analyses"], responses=responses(404))

AnalysisInPath = Annotated[StudyName, Path(description="Name of an analysis.")]
Kind = Literal["zeroing", "cumulative_zeroing", "sensitivity", "confirmation", "design"]


@router.post("", status_code=201, responses=responses(409))
def create_analysis(
    name: StudyInPath,
    request: Analysis,
    session: SessionDep,
    store: StoreDep,
    settings: SettingsDep,
    response: Response,
) -> AnalysisDetail:
    """Analyse a study that has ended; workers start on it at once, or when what it waits for is done.

    `name` is by default the study's, the kind and a number. `seed`, by default the study's, keys the seeds of its
    networks: analyses with the same one, and as many seeds, train their baseline alike.
    """
    made = creating.create(session, store, name, request, settings.data_dir)
    response.headers["Location"] = f"/v1/studies/{name}/analyses/{made}"
    return AnalysisDetail.of_report(reporting.report(session, store, name, made))


@router.get("")
def list_analyses(name: StudyInPath, session: SessionDep, kind: Kind | None = None) -> AnalysisList:
    """List a study's analyses, all or those of a kind, the newest first."""
    found = reporting.outlines(session, name, kind)
    return AnalysisList(analyses=[AnalysisSummary.of_outline(outline) for outline in found])


@router.get("/{analysis}")
def get_analysis(name: StudyInPath, analysis: AnalysisInPath, session: SessionDep, store: StoreDep) -> AnalysisDetail:
    """See what an analysis has found so far."""
    return AnalysisDetail.of_report(reporting.report(session, store, name, analysis))
