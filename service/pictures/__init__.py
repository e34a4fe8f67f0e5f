"""Pictures of studies and analyses: to print, to put in a paper, and to point at in a browser."""
