"""Two differential-expression results compared: do they agree, or does one reverse the other."""
