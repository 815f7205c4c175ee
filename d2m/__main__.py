"""Run the command line: ``python -m d2m``."""

from d2m.cli import main

if __name__ == "__main__":
    main()
