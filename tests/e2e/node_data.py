"""Two workers of one node, each in a process of its own, get a data set; prints what they found as JSON."""

import json
import os
import sys
from pathlib import Path

os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import numpy as np
import ray

from worker.node_data import NodeData


class Getter:
    def __init__(self):
        self.data = NodeData()

    def get(self, name, directory):
        """Mean of the training images, and whether they may be written to; or what was raised."""
        try:
            self.split = self.data.split(name, Path(directory), 0.2, 0)
        except Exception as error:
            return [type(error).__name__, str(error)]
        return [float(self.split.train_images.mean()), self.split.train_images.flags.writeable]

    def as_tensors(self):
        """Whether torch takes the arrays as they are, with warnings as errors."""
        import torch

        images = torch.from_numpy(self.split.train_images)
        return images.data_ptr() == self.split.train_images.ctypes.data


def main(directory):
    ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", logging_level="ERROR")
    first, second = (ray.remote(Getter).options(num_cpus=1).remote() for _ in range(2))
    found = {"absent": ray.get(first.get.remote("absent", directory))}
    found["first"] = ray.get(first.get.remote("own", directory))
    hidden = (Path(directory) / "own.npz").rename(Path(directory) / "hidden")
    found["second"] = ray.get(second.get.remote("own", directory))
    found["as tensors"] = ray.get(second.as_tensors.remote())
    with np.load(hidden) as arrays:
        np.savez(Path(directory) / "own.npz", **{**arrays, "train_images": arrays["train_images"] ** 3})
    ray.kill(ray.get_actor(f"data of {ray.nodes()[0]['NodeID']}"))
    found["after the keeper died"] = ray.get(second.get.remote("own", directory))
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
