"""The installed version of this package."""

from importlib.metadata import version


def package_version() -> str:
    """Version of the installed distribution."""
    return version("medsyn-inspect")
