"""`faikhiao`, and `python -m console`."""

from console.application import build


def main() -> None:
    """Run the command line."""
    build()(prog_name="faikhiao")


if __name__ == "__main__":
    main()
