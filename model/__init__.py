"""The science: infomorphic networks, their goals and the information decomposition they maximise."""
