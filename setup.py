"""Packages are listed one by one: a new top-level name is a decision, not an accident."""
from setuptools import setup

setup(
    packages=[
        "schemas",
        "connectors",
        "pipelines",
        "pipelines.statements",
        "deploy",
        "deploy.demo",
        "deploy.page",
    ],
    package_data={
        "schemas": ["asyncapi.json", "json/*.json"],
        "pipelines": ["data/*"],
        "pipelines.statements": ["data/*"],
        "deploy": ["*.yaml", "*.lock"],
        "deploy.page": ["templates/*", "static/*"],
        "deploy.demo": ["*.yaml", "site/**/*"],
    },
)
