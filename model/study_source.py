"""A study of a running service as what to train with: its best goal, network, training and data set."""

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import ValidationError

from model.config import NetworkConfig, TrainingConfig
from model.errors import ServiceAnswerError
from model.goal import Goals, parse_goals
from model.service_answer import get

PATH = re.compile(r"(/v1)?/studies/(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)/?")


@dataclass(frozen=True)
class StudySource:
    """A study as far as a network outside of it needs it.

    Attributes:
        url: Where it is.
        goal: Its best goal, the one that the service recommends, as `parse_goals` reads it.
        network: The study's network.
        training: How it is trained.
        dataset: Name of its data set.
    """

    url: str
    goal: object
    network: NetworkConfig
    training: TrainingConfig
    dataset: str

    def goals(self, network: NetworkConfig) -> Goals:
        """The best goal for each hidden layer of a network, which may be another than the study's.

        Raises:
            ServiceAnswerError: If it is none for this network.
        """
        try:
            return parse_goals(self.goal, network.kind, network.n_goals)
        except ValueError as error:
            raise ServiceAnswerError(f"the best goal of {self.url} does not fit the network: {error}") from error


def fetch_study(url: str, api_key: str | None = None) -> StudySource:
    """A study with its best goal so far.

    Args:
        url: `http://host:port/studies/NAME`, or the same with `/v1` before `/studies`.
        api_key: What to show to the service; by default what the environment variable API_KEY says, if it is set.

    Raises:
        ServiceAnswerError: If that is no address of a study, the service does not answer with one that this version
            knows, or no trial is complete yet.
    """
    address = _address(url)
    key = api_key or os.environ.get("API_KEY")
    study, best = get(address, key), get(f"{address}/best", key)
    try:
        spec, goal = study["spec"], best["goal"]
        network, training, dataset = spec["network"], spec["training"], str(spec["dataset"])
    except (KeyError, TypeError) as error:
        raise ServiceAnswerError(f"{address}: what answers there is not this service: it has no study") from error
    try:
        known = NetworkConfig.model_validate(network), TrainingConfig.model_validate(training)
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ServiceAnswerError(f"{address}: this version does not know such a study: {what}") from error
    return StudySource(address, goal, *known, dataset)


def _address(url: str) -> str:
    """A study's address under `/v1`.

    Raises:
        ServiceAnswerError: If it is none of a study.
    """
    try:
        parts = urlsplit(url)
        path = PATH.fullmatch(parts.path)
        plain = parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment)
    except ValueError:  # brackets of IPv6 that are not in pairs
        path, plain = None, False
    # No user or password: they would stand in messages, and the service has a key instead.
    if path is None or not plain or "@" in parts.netloc:
        raise ServiceAnswerError("expected a study's address, such as http://127.0.0.1:8000/studies/NAME")
    return f"{parts.scheme}://{parts.netloc}/v1/studies/{path['name']}"
