"""Differential expression: one interface, its engines, and what is read off their fits."""
