"""The command line as a module, for processes that start one another: `python -m service.cli`."""

from service.cli.main import main

main()
