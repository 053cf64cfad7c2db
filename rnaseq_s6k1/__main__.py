"""``python -m rnaseq_s6k1`` is the command line."""

from rnaseq_s6k1.cli.main import main

if __name__ == "__main__":
    main()
