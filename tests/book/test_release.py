"""A release: versions agree, archives are the same bytes each time, and the wheel works without the repository."""

import hashlib
import subprocess
import zipfile

import pytest
import release


@pytest.fixture
def small(tmp_path):
    """The files that a release reads, of a small project."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1.2"\n')
    (tmp_path / "CITATION.cff").write_text("version: 1.2\n")
    (tmp_path / "news.md").write_text("  version = {1.2},\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\n## 1.2 (2026-11-28)\n")
    return tmp_path


def test_a_consistent_project_is_released(small):
    assert list(release.reasons_to_wait(small)) == []


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("CITATION.cff", "version: 1.1\n", "CITATION.cff has version 1.1; expected 1.2"),
        ("news.md", "version = {1.1}\n", "news.md does not cite version 1.2"),
        ("CHANGELOG.md", "## 1.1 (2026-01-01)\n", "no section of version 1.2"),
        ("CHANGELOG.md", "## 1.2 (unreleased)\n", "version 1.2 has no date"),
    ],
)
def test_what_speaks_against_a_release_is_named(small, file, text, message):
    (small / file).write_text(text)
    assert message in " ".join(release.reasons_to_wait(small))


def test_archives_have_the_same_bytes_each_time_and_checksums_that_hold(small):
    made = [small / "a.zip", small / "b.zip"]
    for target in made:
        release.archive(target, small, [small / "pyproject.toml", small / "CITATION.cff"])
    assert made[0].read_bytes() == made[1].read_bytes()
    assert zipfile.ZipFile(made[0]).namelist() == ["CITATION.cff", "pyproject.toml"]
    release.write_checksums(small)
    sums = dict(line.split("  ")[::-1] for line in (small / "SHA256SUMS").read_text().splitlines())
    assert sums["a.zip"] == hashlib.sha256(made[0].read_bytes()).hexdigest()


def test_the_wheel_and_the_source_archive_hold_what_the_package_needs(book, tmp_path):
    subprocess.run([*release.UV, "build", "--quiet", "--out-dir", str(tmp_path), str(book)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    package = [path for path in (book / "ntklib").rglob("*") if path.suffix in {".py", ".csv", ".json", ".mplstyle"}]
    missing = [str(path) for path in package if path.relative_to(book).as_posix() not in inside]
    assert missing == []
    assert not any(name.startswith(("tests/", "tools/", "chapters/")) for name in inside)
    assert len(list(tmp_path.glob("*.tar.gz"))) == 1


def test_the_tests_of_the_package_do_not_need_the_repository(book):
    """What `--try-wheel` copies is the tests alone."""
    needs = [path.name for path in (book / "tests").glob("test_*.py") if "parents[1]" in path.read_text("utf-8")]
    assert needs == ["test_sweeps_keys.py"]  # the folder of the package, wherever it is installed
