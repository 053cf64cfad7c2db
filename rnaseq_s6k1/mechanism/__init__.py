"""Mechanism cards, what each line of them expects, and the verdict."""
