"""Collect a release in _build/release: wheel, source archive, pages, PDFs, notebooks, checksums; try the wheel alone.

    python tools/release.py ROOT [--draft] [--try-wheel PYTHON ...]

A release is refused while the changelog gives its version no date, or if versions disagree; --draft makes one all the
same. With --try-wheel nothing is collected: the tests of the package run in a fresh environment of each Python that is
named (3.12, or a path), from the wheel alone; a Python that the machine lacks is named and skipped.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "_ext"))
from archives import archive, files_in, write_part_archives

NEEDED = ["pytest>=8", "pytest-xdist>=3.6", "mpmath>=1.3", "dask[distributed]>=2024.5", "threadpoolctl>=3", "seaborn"]
UV = (sys.executable, "-m", "uv")


# ---- what is collected


def version_of(root):
    """The version in pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def reasons_to_wait(root):
    """Sentences about what speaks against a release."""
    version = version_of(root)
    citation = str(yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))["version"])
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.search(rf"^## {re.escape(version)}\b(.*)$", changes, re.MULTILINE)
    if citation != version:
        yield f"CITATION.cff has version {citation}; expected {version}, as in pyproject.toml."
    if f"version = {{{version}}}" not in (root / "news.md").read_text(encoding="utf-8"):
        yield f"news.md does not cite version {version}; expected a line 'version = {{{version}}}'."
    if heading is None:
        yield f"CHANGELOG.md has no section of version {version}; expected a line '## {version} (date)'."
    elif not re.search(r"\d{4}-\d\d-\d\d", heading[1]):
        yield f"CHANGELOG.md: version {version} has no date; expected '## {version} (year-month-day)'."


def collect(root, target):
    """Fill the folder of the release; `make.py` has built the pages and the PDFs."""
    version = version_of(root)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    subprocess.run([*UV, "build", "--quiet", "--out-dir", str(target), str(root)], check=True)
    (target / ".gitignore").unlink(missing_ok=True)
    write_part_archives(root, target, f"-{version}")
    html, pdfs = root / "_build" / "html", sorted((root / "_build" / "pdf").glob("*.pdf"))
    archive(target / f"pages-{version}.zip", html, files_in(html))
    for file in pdfs:
        shutil.copyfile(file, target / f"{file.stem}-{version}.pdf")
    write_checksums(target)


def write_checksums(target):
    """Write SHA256SUMS, in the form that `sha256sum --check` reads."""
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(target.iterdir())]
    (target / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


# ---- the wheel alone


def try_wheel(root, wheel, python, *selection):
    """Run the package's tests in a fresh environment that has the wheel and not the repository; return the status."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        environment = place / "env"
        if subprocess.run([*UV, "venv", "--quiet", "--python", python, str(environment)]).returncode:
            print(f"Python {python} is not on this machine: skipped")
            return 0
        inside = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        subprocess.run([*UV, "pip", "install", "--quiet", "--python", str(inside), str(wheel), *NEEDED], check=True)
        shutil.copyfile(root / "conftest.py", place / "conftest.py")
        shutil.copytree(root / "tests", place / "tests", ignore=shutil.ignore_patterns("book", "__pycache__"))
        found = subprocess.run([inside, "-c", "import ntklib; print(ntklib.__file__)"], cwd=place, capture_output=True)
        print(f"Python {python}: {found.stdout.decode().strip()}", flush=True)
        chosen = selection or ("tests", "-m", "not several_devices")  # those need a process that pretends to have four
        return subprocess.run([inside, "-m", "pytest", "-q", *chosen], cwd=place).returncode


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--draft", action="store_true", help="also for a version that is not released yet")
    parser.add_argument("--try-wheel", nargs="+", metavar="PYTHON", help="run the package's tests from the wheel alone")
    options = parser.parse_args()
    target = options.root / "_build" / "release"
    waiting = list(reasons_to_wait(options.root))
    if waiting and not options.draft and not options.try_wheel:
        raise SystemExit("\n".join(["No release yet; --draft makes one all the same.", *waiting]))
    if options.try_wheel:
        wheel = next(iter(sorted(target.glob("*.whl"))), None)
        if wheel is None:
            raise SystemExit("No wheel in _build/release: run `python3 make.py release --draft` first.")
        sys.exit(max(try_wheel(options.root, wheel, python) for python in options.try_wheel))
    collect(options.root, target)
    print("\n".join([*waiting, *(f"    {file.name}" for file in sorted(target.iterdir()))]))


if __name__ == "__main__":
    main()
