"""Compiled loops over genes; each file opens with the equations it computes and their source."""
