"""The science: infomorphic networks, their goals and the information decomposition they maximise."""

import os

# Between two products torch's idle threads would spin for milliseconds on the cores that the compiled loops need: a
# quarter of a step's time. Read when torch is loaded; whoever sets it otherwise knows better.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
