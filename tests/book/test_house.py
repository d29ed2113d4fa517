"""Rules about the files beside the chapters: lock, addresses, documents, what must not be committed."""

import ast
import base64
import doctest
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml
from check_notebooks import repository_url
from check_toc import listed_files
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|root|home|Users)/\w")
PRIVATE_JAX = re.compile(r"jax\._src|jax\.core\b|jax\.interpreters|jax\.lib\b|jax\.extend")
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yml",
    ".yaml",
    ".txt",
    ".in",
    ".cff",
    ".bib",
    ".css",
    ".js",
    ".ipynb",
    ".sh",
    "",
}
SKIPPED = {".venv", ".git", "_build", "__pycache__", ".ipynb_checkpoints", ".ruff_cache", ".pytest_cache"}


@pytest.fixture(scope="module")
def project(book):
    """The [project] table of pyproject.toml."""
    return tomllib.loads((book / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def pins(book):
    """Name -> pinned requirements (several where versions differ between platforms) of requirements.txt."""
    found = {}
    for line in (book / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.lstrip().startswith(("#", "-e")):
            pin = Requirement(line)
            found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def wanted(project, extras):
    """Requirements of the project with some extras, those on its own extras expanded."""
    for text in [*project["dependencies"], *(r for e in extras for r in project["optional-dependencies"][e])]:
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) == project["name"]:
            yield from wanted(project, requirement.extras)
        else:
            yield requirement


def files(book):
    """The text files of the book that are or could be committed."""
    for path in sorted(book.rglob("*")):
        inside = path.relative_to(book).parts
        if path.is_file() and path.suffix in TEXT and not SKIPPED & set(inside) and "egg-info" not in str(path):
            yield path


def disagreements(project, pins):
    """What the lock does not say as pyproject.toml wants it."""
    for requirement in wanted(project, project["optional-dependencies"]):
        found = pins.get(canonicalize_name(requirement.name), [])
        if not found:
            yield f"{requirement.name} is not pinned"
        for pin in found:
            exact = [s.version for s in pin.specifier if s.operator == "=="]
            if len(exact) != 1 or not requirement.specifier.contains(exact[0], prereleases=True):
                yield f"{pin} does not meet {requirement}"


def test_the_lock_meets_every_bound_of_the_project(project, pins):
    assert list(disagreements(project, pins)) == []


def test_a_stale_lock_would_be_reported(project, pins):
    newer = {**project, "dependencies": ["jax>=99", "unheard-of>=1"]}
    found = " ".join(disagreements(newer, pins))
    assert "does not meet jax>=99" in found
    assert "unheard-of is not pinned" in found


def test_the_lock_says_how_it_was_made_and_installs_the_package(book):
    text = (book / "requirements.txt").read_text(encoding="utf-8")
    assert "uv pip compile --universal" in "".join(text.splitlines(True)[:5])
    assert re.search(r"^-e \.", text, re.MULTILINE)


def test_the_lock_holds_nothing_that_the_project_no_longer_asks_for(project, book):
    direct = {canonicalize_name(r.name) for r in wanted(project, project["optional-dependencies"])}
    text = (book / "requirements.txt").read_text(encoding="utf-8")
    entries = re.findall(r"^([\w.-]+)==.*\n((?:    #.*\n)*)", text, re.MULTILINE)
    claimed = {canonicalize_name(name) for name, why in entries if re.search(r"\bntklib\b", why)}
    assert claimed - direct == set()


def test_every_entry_of_the_table_of_contents_exists(book):
    entries = listed_files(yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8")))
    missing = [e for e in entries if not any((book / f"{e}{suffix}").exists() for suffix in (".md", ".ipynb"))]
    assert missing == []


def test_every_chapter_is_in_the_table_of_contents(book):
    listed = set(listed_files(yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))))
    present = {
        path.relative_to(book).with_suffix("").as_posix()
        for path in (book / "chapters").rglob("*")
        if path.suffix in {".ipynb", ".md"} and ".ipynb_checkpoints" not in path.parts
    }
    assert present - listed == set()


def test_every_mention_of_the_repository_follows_the_one_setting(book):
    url = repository_url(book)
    name = url.rpartition("/")[2]
    pattern = re.compile(rf"https?://github\.com/[\w.-]+/{re.escape(name)}(?!\w)")
    wrong = [
        f"{path.relative_to(book)}: {found}"
        for path in files(book)
        for found in pattern.findall(path.read_text(encoding="utf-8"))
        if found != url
    ]
    assert wrong == []
    assert any(url in (book / name).read_text(encoding="utf-8") for name in ("README.md", "CITATION.cff"))


def test_no_file_names_a_folder_of_one_machine(book):
    this = "tests/book/test_notebook_rules.py"  # its bad examples are on purpose
    guilty = [
        path.relative_to(book).as_posix()
        for path in files(book)
        if MACHINE_PATH.search(path.read_text(encoding="utf-8"))
    ]
    assert [name for name in guilty if name != this] == []


def test_the_package_uses_public_jax_only(book):
    guilty = [str(p) for p in (book / "ntklib").rglob("*.py") if PRIVATE_JAX.search(p.read_text(encoding="utf-8"))]
    assert guilty == []


def test_the_version_is_the_same_everywhere(book, project):
    citation = yaml.safe_load((book / "CITATION.cff").read_text(encoding="utf-8"))
    changes = (book / "CHANGELOG.md").read_text(encoding="utf-8")
    assert str(citation["version"]) == project["version"]
    assert re.search(rf"^## .*{re.escape(project['version'])}", changes, re.MULTILINE)


def test_licences_are_there(book):
    assert "Apache License" in (book / "LICENSE").read_text(encoding="utf-8")
    assert "Creative Commons Attribution 4.0" in (book / "LICENSE-text").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "notation.md", "troubleshooting.md", "howto.md", "api/index.md"]
)
def test_examples_in_the_documents_run(book, name):
    """Python blocks with `>>>` give the printed results; others at least run."""
    text = (book / name).read_text(encoding="utf-8")
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL), 1):
        where = f"{name}, Python block {number}"
        if ">>>" not in block:
            exec(compile(block, where, "exec"), {})
            continue
        example = doctest.DocTestParser().get_doctest(block, {}, where, name, 0)
        flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
        result = doctest.DocTestRunner(optionflags=flags).run(example)
        assert result.attempted > 0
        assert result.failed == 0, where


def test_every_public_module_is_listed_on_one_page_of_the_api(book, monkeypatch):
    monkeypatch.syspath_prepend(book / "_ext")
    api = importlib.import_module("apipages")
    pages = (page.read_text(encoding="utf-8") for page in (book / "api").glob("*.md"))
    listed = [m for text in pages for names in api.MARKER.findall(text) for m in api.modules_of(names)]
    assert sorted(listed) == api.modules_of("ntklib") == sorted(api.page_of())


def test_the_theory_of_a_chapter_is_listed_with_first_sentence_and_line_of_source(book, monkeypatch):
    monkeypatch.syspath_prepend(book / "_ext")
    api = importlib.import_module("apipages")
    chapter = "ntklib.theory.infinite_width.smallest_eigenvalue"
    text = dict(api.chapters_of(api.modules_of(chapter)))
    assert list(text) == [chapter]
    found = api.listing(chapter, text[chapter], "https://example.org/blob/main")
    file = "ntklib/theory/infinite_width/smallest_eigenvalue/statements.py"
    line = 1 + (book / file).read_text(encoding="utf-8").splitlines().index(
        "def limiting_lower(N: int, d: int, r: int, *, a: float, A: float) -> float:"
    )
    assert f'<span id="{chapter}.statements.limiting_lower"></span>`limiting_lower`' in found
    assert f"[statements.py, line {line}](https://example.org/blob/main/{file}#L{line})" in found
    assert r"lower bound on $\lambda_{\min}(K^{(L)})$" in found
    assert "claims" not in found


def test_every_link_of_the_documents_to_a_file_of_the_book_leads_somewhere(book):
    broken = [
        f"{path.name}: {target}"
        for path in book.glob("*.md")
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (book / target).exists()
    ]
    assert broken == []


def test_make_explains_itself(book):
    text = subprocess.run([sys.executable, book / "make.py", "--help"], capture_output=True, text=True).stdout
    commands = re.findall(r"^def command_(\w+)", (book / "make.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) > 10
    targets, readme = ((book / name).read_text(encoding="utf-8") for name in ("Makefile", "README.md"))
    for command in commands:
        assert re.search(rf"^    python3 make.py {command} ", text, re.MULTILINE)
        assert re.search(rf"^(?!\.).*\b{command}\b.*:", targets, re.MULTILINE)
        assert f"`make {command}`" in readme


def test_no_module_takes_an_underscored_name_of_another(book):
    """A leading underscore means that a name belongs to its module alone."""
    taken = [
        f"{path.relative_to(book)}: {line.strip()}"
        for path in sorted((book / "ntklib").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*from ntklib[\w.]* import .*(?<![\w.])_\w", line)
    ]
    assert [line for line in taken if "import _validate" not in line] == []


def imports_of(path):
    """Modules and names, dotted, that a module of the package imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_claims_modules_are_imported_by_the_registry_only(book):
    found = [
        f"{path.relative_to(book)} imports {name}"
        for path in sorted((book / "ntklib").rglob("*.py"))
        for name in imports_of(path)
        if re.search(r"ntklib\.theory\.\w+\.\w+\.claims", name)
    ]
    assert found == []


def test_no_notebook_imports_from_a_claims_module(book):
    pages = [path for path in book.glob("chapters/**/*.ipynb") if ".ipynb_checkpoints" not in path.parts]
    pattern = re.compile(r"(?:from|import) ntklib\.theory\.\w+\.\w+(?:\.| import )claims")
    assert [path.name for path in pages if pattern.search(path.read_text(encoding="utf-8"))] == []


PARTS = ("infinite_width", "finite_width", "minimum_width", "polylog_width", "wide_networks")


def test_parts_import_each_other_to_cite_a_theorem_only(book):
    """What two parts need stands below them; what is left is a theorem of another part that is really cited."""
    found = set()
    for path in sorted((book / "ntklib" / "theory").rglob("*.py")):
        part = path.relative_to(book / "ntklib" / "theory").parts[0]
        for name in imports_of(path):
            other = re.match(r"ntklib\.theory\.(\w+)\.", name)
            if part in PARTS and other and other[1] in PARTS and other[1] != part:
                found.add(f"{path.relative_to(book)}: {name}")
    assert len(found) <= 15, "\n".join(sorted(found))


def test_chapters_and_their_packages_have_the_same_names(book):
    for part in PARTS:
        pages = {path.stem for path in (book / "chapters" / part).glob("*.ipynb")}
        packages = {path.parent.name for path in (book / "ntklib" / "theory" / part).glob("*/__init__.py")}
        assert pages == packages, part


def test_the_preview_is_the_first_picture_of_the_root_page(book):
    cells = json.loads((book / "intro.ipynb").read_text(encoding="utf-8"))["cells"]
    found = [output.get("data", {}).get("image/png") for cell in cells for output in cell.get("outputs", [])]
    first = next(filter(None, found))
    assert (book / "_static" / "preview.png").read_bytes() == base64.b64decode("".join(first))


def test_what_the_readme_found_is_what_the_tables_say(book):
    from ntklib.theory.polylog_width.four_widths import laws

    asked = laws.theory_widths().loc[128, "polylog(n)"]
    needed = laws.typical(laws.needed_widths()).loc[128, "polylog(n)"]
    assert laws.needed_widths().query("theory == 'polylog(n)' and n == 128")["run"].nunique() == 6
    text = " ".join((book / "README.md").read_text(encoding="utf-8").split())
    found = f"asks for {asked:.1e} neurons in each layer, and {needed:.1f} were enough, the mean of six runs"
    assert found.replace("e+", "e") in text


def test_the_logo_is_what_its_code_draws(book):
    from draw_logo import favicon, logo

    assert (book / "_static" / "favicon.svg").read_text(encoding="utf-8") == favicon()
    assert (book / "_static" / "logo.svg").read_text(encoding="utf-8") == logo()


def test_the_citation_on_the_page_has_the_version(book, project):
    text = (book / "news.md").read_text(encoding="utf-8")
    assert f"version = {{{project['version']}}}" in text


SAMPLE = """
import pytest

@pytest.mark.in_turns
@pytest.mark.parametrize("n", range(30))
def test_turn(n):
    pass

def test_each_time():
    pass
"""


def collected(folder, turn):
    """What pytest would run in a folder when it is this turn's turn."""
    command = (sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:xdist", "-p", "no:cacheprovider")
    names = os.environ | {"BOOK_TURN": turn}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=names)
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_of_tests_in_turns_a_third_runs_or_all(book, tmp_path):
    shutil.copy(book / "conftest.py", tmp_path)
    (tmp_path / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    first, second, everything = (collected(tmp_path, turn) for turn in ("a", "b", "all"))
    assert len(everything) == 31
    assert first & second == {"test_sample.py::test_each_time"}
    assert all(3 < len(chosen) < 20 and chosen < everything for chosen in (first, second))
