"""Packaging of privmedia. Tool configuration and the build system are in pyproject.toml."""
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent

requires = [
    "alembic>=1.20",
    "Authlib>=1.9",
    "av>=18",
    "Babel>=2.18",
    "bcrypt>=5",
    "click>=8.3",
    "imageio-ffmpeg>=0.6",
    "joserfc>=1.8",
    "markdown-it-py>=4.0",
    "multipart>=2.0",
    "nginx-crossplane>=0.5.14",
    "nh3>=0.3",
    "pi-heif>=1.4",
    "Pillow>=12",
    "plaster-pastedeploy>=1.0",
    "prometheus-client>=0.24",
    "pyotp>=2.10",
    "pypdfium2>=5",
    "pyramid>=2.1",
    "pyramid-jinja2>=2.10",
    "pyramid-retry>=2.1.1",
    "pyramid-tm>=2.6",
    "requests>=2.34",
    "rich>=15",
    "segno>=1.6",
    # Pyramid imports pkg_resources: setuptools 82 removed it, 80.9 began to warn everybody who runs us.
    "setuptools<80.9",
    "SQLAlchemy>=2.1",
    "waitress>=3.0.2",
    "webauthn>=3.0.1",
    # 1.8.11 closes the third of three open redirects.
    "WebOb>=1.8.11",
    "WTForms>=3.3",
    "email-validator>=2.2",
    "zope.sqlalchemy>=4.1",
    "zxcvbn>=4.5",
]

extras = {
    "ldap": ["ldap3>=2.9.1"],
    "postgres": ["psycopg[binary]>=3.3"],
    "production": ["gunicorn>=27", "pyuwsgi>=2.0.30"],
    "dev": [
        "axe-core-python",
        "coverage",
        "hypothesis",
        "import-linter",
        "mypy",
        "playwright",
        "pytest",
        "pytest-xdist",
        "ruff",
        "tuspy",
        "uv",
        "WebTest",
    ],
}

setup(
    name="privmedia",
    version="0.1.0",
    description="A private media library for teams: the application decides, the front server streams.",
    long_description=(here / "README.md").read_text() if (here / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="MIT",
    classifiers=[
        "Framework :: Pyramid",
        "Programming Language :: Python :: 3",
        "Topic :: Multimedia :: Video",
    ],
    packages=find_packages(include=["privmedia", "privmedia.*"]),
    package_data={"privmedia": ["templates/**/*", "locale/**/*", "operations/front/*"]},
    zip_safe=False,
    python_requires=">=3.11",
    install_requires=requires,
    extras_require=extras,
    entry_points={
        "paste.app_factory": ["main = privmedia:main"],
        "console_scripts": ["privmedia = privmedia.cli:main"],
    },
)
