"""Pictures for the screen: HTML that is pointed at, drawn by plotly."""
