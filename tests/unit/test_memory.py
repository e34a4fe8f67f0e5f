"""What the process keeps of the memory it frees, in processes of their own: it cannot be undone."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import resource, sys, torch
from model.memory import keep_freed_memory

def megabytes():
    for _ in range(3):
        arrays = [torch.ones(2**21) for _ in range(10)]

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "kept":
    keep_freed_memory()
megabytes()
before = faults()
megabytes()
print(faults() - before)
"""


def page_faults(mode):
    """Pages mapped while as much memory is used as has been freed before."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, mode], capture_output=True, text=True, check=True)
    return int(done.stdout)


HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(HUGE_PAGES.exists() and "[always]" in HUGE_PAGES.read_text(), reason="pages are huge, faults few")
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_that_was_freed_is_used_again_without_being_mapped_again():
    kept, given_back = page_faults("kept"), page_faults("given back")

    # 3 × 10 × 8 MiB are 61440 pages of 4 KiB; whatever else the process does takes some of what was freed.
    assert kept < 5000
    assert given_back > 10_000
