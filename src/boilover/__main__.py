"""``python -m boilover`` is the command ``boilover``."""

from boilover.cli import main

if __name__ == "__main__":
    main()
