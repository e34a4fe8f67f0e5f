"""Pictures for paper: SVG and PNG, drawn by matplotlib."""
