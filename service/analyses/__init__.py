"""Analyses of a study: goals near its best one, trained again, and what difference each change makes."""
