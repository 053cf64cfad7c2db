"""Figures: each function takes a table or arrays, draws one figure, and returns its Axes."""
