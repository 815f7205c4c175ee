"""Puts the examples into the package: they lie beside it, where readers look for them."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["d2m*"]), "d2m.examples"],
    package_dir={"d2m.examples": "examples"},
)
