"""Reading and writing: one reader a format of counts, gene sets, tables, atomic files."""
