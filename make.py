"""One script for every command of the book: standard library only, the same on Linux, macOS and Windows.

    python3 make.py book       build _build/html from the stored outputs
    python3 make.py test       run every check (see `python3 make.py test --help`)
    python3 make.py check      two minutes for somebody who edits: style, notebook rules, tests of what changed
    python3 make.py execute    re-run notebooks and write them back byte for byte reproducibly
    python3 make.py figures    write every figure as SVG and PDF into _build/figures, for slides
    python3 make.py pdf        print the book and each part as PDF into _build/pdf, with Chromium or Chrome
    python3 make.py serve      show the book at http://localhost:8000; a saved source is built and reloaded
    python3 make.py lab        open copies of the pages in JupyterLab; its options are passed on: --port 9000 ...
    python3 make.py release    collect wheel, pages, PDFs, notebooks and checksums in _build/release
    python3 make.py bench      run the benchmarks of the performance page
    python3 make.py tables     list the shipped tables; with a name remake one; --verify, --sample: compute again
    python3 make.py lock       regenerate requirements.txt from pyproject.toml
    python3 make.py clean      remove everything that was built

The first command that needs packages creates .venv and installs requirements.txt into it; later ones find the
stamp left there and start at once.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed-for.txt"
HTML = ROOT / "_build" / "html"
PREVIEW = ROOT / "_static" / "preview.png"  # the README and links to the book show it
OLDEST = (3, 11)
LOCK_COMMAND = (
    "uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header "
    "requirements.in -o requirements.txt"
)


# ---- set-up


def venv_python():
    """The interpreter inside .venv."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def base_python():
    """A Python that is new enough: the one running this script, else the newest on PATH."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    version = ".".join(map(str, sys.version_info[:2]))
    raise SystemExit(
        f"This book needs Python {OLDEST[0]}.{OLDEST[1]} or newer. You started it with Python {version} "
        f"({sys.executable}), and no newer python3.x is on PATH.\n"
        "Install one (python.org, your package manager, conda, pyenv) and use it to run make.py again."
    )


def run(*command, env=None, check=True, **options):
    """Run a command in the repository; stop with its exit status if it fails and `check` is set."""
    command = [str(part) for part in command]
    status = subprocess.run(command, cwd=options.pop("cwd", ROOT), env=env, **options).returncode
    if status and check:
        raise SystemExit(f"\nFailed with exit status {status}: {' '.join(command)}")
    return status


def fingerprint():
    """What the installed environment depends on."""
    digest = hashlib.sha256()
    for name in ("requirements.txt", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def create_venv():
    """Create .venv, or say which system package is missing."""
    print("Creating .venv ...", flush=True)
    made = subprocess.run([base_python(), "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SystemExit(
            made.stdout
            + made.stderr
            + "\nThis Python cannot create virtual environments: its venv or ensurepip module is missing.\n"
            "On Debian and Ubuntu: sudo apt install python3-venv   Then run the command again."
        )


def install():
    """Install requirements.txt into .venv: with uv, ten times faster, or with pip where uv cannot be had."""
    python = venv_python()
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned = re.search(r"^uv==[^\s;]+", text, re.MULTILINE)
    print("Installing requirements.txt into .venv (the first time only) ...", flush=True)
    have_uv = run(python, "-m", "uv", "--version", check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if have_uv:
        wanted = pinned.group() if pinned else "uv"
        have_uv = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted, check=False)
    if have_uv == 0:
        run(python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "-r", "requirements.txt")
    else:
        print("uv is not available; pip takes a few minutes instead of seconds.", flush=True)
        run(python, "-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt")


def setup():
    """Make .venv match requirements.txt; do nothing when it already does."""
    if not venv_python().exists():
        create_venv()
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != fingerprint():
        started = time.monotonic()
        install()
        STAMP.write_text(fingerprint(), encoding="utf-8")
        print(f"Environment ready after {time.monotonic() - started:.0f} s.\n", flush=True)


def environment(**extra):
    """Variables for every tool: JAX on the CPU, so that numbers agree everywhere; no user site-packages.

    Modules are compiled once: without that each of a hundred processes of `test` spends seconds on its imports.
    """
    env = dict(os.environ, PYTHONHASHSEED="0", PYTHONNOUSERSITE="1", PYDEVD_DISABLE_FILE_VALIDATION="1")
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env.setdefault("JAX_PLATFORMS", "cpu")
    env["PATH"] = str(venv_python().parent) + os.pathsep + env.get("PATH", "")
    env.update(extra)
    return env


def tool(module, *arguments, check=True, root=ROOT, **extra):
    """Run a Python module of .venv (or a script of tools/) on the tree `root`."""
    python = venv_python() if venv_python().exists() else sys.executable
    how = [ROOT / "tools" / module] if module.endswith(".py") else ["-m", module]
    return run(python, *how, *arguments, env=environment(**extra), cwd=root, check=check)


# ---- stages of `test`


def stage_style(options):
    """ruff: lint and format of all Python files."""
    return tool("ruff", "check", ".", check=False) | tool("ruff", "format", "--check", ".", check=False)


def stage_notebooks(options):
    """Notebook rules: executed in order, no stored errors, alt text, labels, imports, tags ..."""
    return tool("check_notebooks.py", "--root", options.root, check=False)


def stage_unit(options):
    """Unit tests, in double precision."""
    need = {"NTKLIB_TEST_X64": "1", "BOOK_REQUIRE_BROWSER": str(int(options.require_browser))}
    balanced = workers("worksteal")  # half of the modules each, then what the other has left: nobody waits at the end
    flags = ("tests", "-q", "--durations=8", "-m", "not several_devices", *balanced)
    return tool("pytest", *flags, check=False, **ONE_THREAD, **need) | sharded_tests()


def sharded_tests():
    """The tests marked several_devices, in a process whose CPU counts as four, so that rows are really divided."""
    files = sorted(path for path in ROOT.glob("tests/**/test_*.py") if ".several_devices" in path.read_text("utf-8"))
    devices = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "NTKLIB_TEST_X64": "1"}
    return tool("pytest", "-q", "-m", "several_devices", *files, check=False, **ONE_THREAD, **devices)


def stage_single(options):
    """Unit tests that must also hold in single precision (marked both_precisions)."""
    marked = ("-m", "both_precisions")
    status = tool("pytest", "tests", "-q", *marked, *workers(), check=False, NTKLIB_TEST_X64="0", **ONE_THREAD)
    return 0 if status == 5 else status  # 5: pytest found no test


def stage_doctest(options):
    """Examples in the docstrings of ntklib and in the README."""
    flags = ("-q", "--doctest-modules", "ntklib")
    status = tool("pytest", *flags, *workers(), check=False, NTKLIB_TEST_X64="1", **ONE_THREAD)
    return 0 if status == 5 else status


def stage_nbval(options):
    """Every notebook re-run, every stored text output compared with the new one."""
    found = [*options.root.glob("*.ipynb"), *options.root.glob("chapters/**/*.ipynb")]
    notebooks = sorted(str(path) for path in found if ".ipynb_checkpoints" not in path.parts)
    if not notebooks:
        print("no notebooks yet")
        return 0
    flags = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=600", "-p", "no:cacheprovider", "-q"]
    with tempfile.TemporaryDirectory() as verdicts:  # a claim that chapters and ledger pages show is checked once
        shared = ONE_THREAD | {"BOOK_VERDICTS": verdicts}
        return tool("pytest", *flags, *workers(), *notebooks, root=options.root, check=False, **shared)


def stage_book(options):
    """Strict build: every warning of Sphinx, nitpicky references included, is an error."""
    shutil.rmtree(ROOT / "_build" / "html", ignore_errors=True)
    return build_book("-W", "--keep-going", "-n", "--all")


def stage_pages(options):
    """Built pages in a real browser: outside requests, math, links, 375 px, alt text, axe, dark, search, weight."""
    flags = ["--require-browser"] if options.require_browser else []
    checks = ("check_pages.py", "check_search.py", "check_weight.py")
    return max(tool(check, HTML, *flags, check=False) for check in checks)


STAGES = {
    "style": stage_style,
    "notebooks": stage_notebooks,
    "unit": stage_unit,
    "single": stage_single,
    "doctest": stage_doctest,
    "nbval": stage_nbval,
    "book": stage_book,
    "pages": stage_pages,
}


def workers(distribution="loadscope"):
    """Two tests at a time; unless told otherwise a notebook or a test module never splits over two workers."""
    return ("-n", str(min(2, os.cpu_count() or 1)), "--dist", distribution)


# One linear-algebra thread for each of two workers: with two each, idle threads spin in the way of busy ones, and the
# notebooks, written with the default number of threads, are checked to print the same with another one.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@contextmanager
def compiled_programs():
    """A folder for what JAX compiles in one run of `test`: empty at the start, removed at the end.

    Chapters, ledger pages and tests compute the same things in the same shapes, and half of their time goes into
    compiling them. conftest.py turns the folder on, with a subfolder for each worker.
    """
    (ROOT / "_build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "_build", prefix="compiled-", ignore_cleanup_errors=True) as folder:
        before = os.environ.get("BOOK_COMPILED")
        os.environ["BOOK_COMPILED"] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop("BOOK_COMPILED")
            os.environ.update({"BOOK_COMPILED": before} if before else {})


def share_compiled(folder):
    """Give every worker what the others compiled: between stages, for JAX reads files that are still being written."""
    own = [path for path in folder.iterdir() if path.is_dir()]
    for file in [file for one in own for file in one.iterdir()]:
        for other in own:
            if not (other / file.name).exists():
                shutil.copyfile(file, other / file.name)


def build_book(*flags):
    """Build the HTML book from the stored outputs; fail on a stored error or a page that is missing."""
    notebooks = [*ROOT.glob("*.ipynb"), *sorted(ROOT.glob("chapters/**/*.ipynb"))]
    wrong = [line for path in notebooks for line in stored_errors(path)]
    if wrong:
        print(*wrong, sep="\n")
        return 1
    status = tool("build_book.py", "build", ROOT, "-q", *flags, check=False)
    return status or tool("check_toc.py", ROOT, HTML, check=False)


def stored_errors(notebook):
    """Sentences about the cells of a notebook whose stored output is an error."""
    for number, cell in enumerate(json.loads(notebook.read_text(encoding="utf-8"))["cells"]):
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                name = notebook.relative_to(ROOT)
                yield f"{name}: cell {number} holds an error, {output['ename']}: {output['evalue'][:80]}"


# ---- commands


def command_book(options):
    """Build _build/html from the stored outputs."""
    if build_book():
        raise SystemExit("The book was not built: see the messages above.")
    print(f"\nThe book is ready. Open it in a browser:\n    {(HTML / 'index.html').as_uri()}")


def command_test(options):
    """Run all stages, or those named by --only, and sum them up."""
    options.root = options.root.resolve()
    chosen = options.only.split(",") if options.only else list(STAGES)
    unknown = sorted(set(chosen) - set(STAGES))
    if unknown:
        raise SystemExit(f"make.py test: unknown stage {', '.join(unknown)}; stages are {', '.join(STAGES)}.")
    results = []
    with compiled_programs() as folder:
        for name in chosen:
            print(f"\n=== {name}: {STAGES[name].__doc__}\n", flush=True)
            share_compiled(folder)
            started = time.monotonic()
            results.append((name, STAGES[name](options), time.monotonic() - started))
    print("\n=== summary\n")
    for name, status, seconds in results:
        print(f"    {name:<10} {'FAILED' if status else 'passed'}   {seconds:6.1f} s")
    failed = sum(status != 0 for _, status, _ in results)
    print(f"\n{len(results) - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


def changed_files():
    """Paths, relative to the book, that differ from the last commit or are new."""
    listed = ("git", "diff", "--name-only", "--relative", "HEAD"), ("git", "ls-files", "--others", "--exclude-standard")
    output = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout for command in listed]
    return sorted({Path(line) for text in output for line in text.splitlines() if (ROOT / line).exists()})


def tests_of(changed):
    """What to give pytest for these paths: changed tests, examples of changed modules, tests that import them."""
    chosen = [path for path in changed if path.match("test_*.py")]
    modules = [path for path in changed if path.suffix == ".py" and path.parts[0] == "ntklib"]
    dotted = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in modules}
    names = dotted | {name.rpartition(".")[0] for name in dotted if name.count(".") > 1}
    for test in sorted(ROOT.glob("tests/test_*.py")):
        words = set(re.findall(r"ntklib(?:\.\w+)+", re.sub(r" import (\w+)", r".\1", test.read_text("utf-8"))))
        if words & names:
            chosen.append(test.relative_to(ROOT))
    if any(path.parts[0] in ("tools", "_ext", "explorers", "make.py") for path in changed):
        chosen += [path.relative_to(ROOT) for path in sorted(ROOT.glob("tests/book/test_*.py"))]
    return [*dict.fromkeys(chosen), *modules]


def command_check(options):
    """Style, notebook rules, and the tests of what changed since the last commit."""
    changed, options.root = changed_files(), ROOT
    status = stage_style(options) | stage_notebooks(options)
    tests = tests_of(changed)
    if tests:
        print(f"\n{len(changed)} changed files; tests of: {', '.join(map(str, tests))}\n", flush=True)
        quick = ("-m", "not several_devices", "-k", "not another_seed")  # all claims with another seed take minutes
        flags = ("-q", "--doctest-modules", *quick, *workers("worksteal"))
        status |= tool("pytest", *flags, *tests, check=False, NTKLIB_TEST_X64="1", **ONE_THREAD)
    notebooks = [str(path) for path in changed if path.suffix == ".ipynb"]
    if notebooks:
        print(
            "\nChanged notebooks are run again by `make test`, or now by: python3 make.py execute --check", *notebooks
        )
    raise SystemExit(1 if status else 0)


def command_execute(options):
    """Re-run notebooks and write them back."""
    flags = ["--jobs", options.jobs, *(["--check"] if options.check else [])]
    tool("execute_notebooks.py", *flags, *(Path(path).resolve() for path in options.notebooks))
    if not options.check:
        PREVIEW.write_bytes(first_picture(ROOT / "intro.ipynb"))


def first_picture(notebook):
    """The first PNG that a notebook holds."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    pictures = [output["data"] for cell in cells for output in cell.get("outputs", []) if "data" in output]
    return base64.b64decode(next("".join(data["image/png"]) for data in pictures if "image/png" in data))


def command_figures(options):
    """Run notebooks and write their figures as SVG and PDF into _build/figures; the notebooks stay as they are."""
    folder, notebooks = ROOT / "_build" / "figures", (Path(path).resolve() for path in options.notebooks)
    tool("execute_notebooks.py", "--figures", folder, "--jobs", options.jobs, *notebooks)


def command_pdf(options):
    """Print the book and each of its parts as PDF into _build/pdf; or those that are named, as the files are."""
    command_book(options)
    tool("print_book.py", ROOT, HTML, ROOT / "_build" / "pdf", *(["--only", *options.names] if options.names else []))


def command_serve(options):
    """Serve the built book on this machine only; build again when a source is saved, and reload the open pages."""
    if not (HTML / "index.html").exists():
        command_book(options)
    tool("serve_book.py", ROOT, HTML, "--port", options.port)


def command_lab(options):
    """Open copies of the pages in JupyterLab, under _build/lab, the root page first."""
    raise SystemExit(tool("lab.py", *options.options, check=False))


def command_release(options):
    """Collect wheel, source archive, pages, PDFs, notebooks and checksums in _build/release; or try the wheel alone."""
    tries = ["--try-wheel", *options.try_wheel] if options.try_wheel else []
    if not tries:
        command_pdf(argparse.Namespace(names=[]))
    tool("release.py", ROOT, *(["--draft"] if options.draft else []), *tries)


def command_bench(options):
    """Run the benchmarks."""
    scripts = [ROOT / "benchmarks" / name for name in options.names] or sorted(ROOT.glob("benchmarks/bench_*.py"))
    for script in scripts:
        run(venv_python(), script, env=environment())


def command_tables(options):
    """List the shipped tables of long computations, remake those named, or compute again and compare."""
    flags = [flag for flag in ("verify", "sample") if getattr(options, flag)]
    limits = ("--jobs", options.jobs, "--seconds", options.seconds)
    tool("ntklib.sweeps", *options.names, *(f"--{flag}" for flag in flags), *limits, **ONE_THREAD)


def command_lock(options):
    """Regenerate requirements.txt, with the command that made it in its first lines."""
    header = (
        "# Exact versions of everything the book and its tests use, for every platform and Python >= 3.11.\n"
        "# Regenerate with `python3 make.py lock` (add --upgrade for newer versions), which runs\n"
        f"#   {LOCK_COMMAND}\n"
    )
    tool("uv", *LOCK_COMMAND.split()[1:], "--quiet", *(["--upgrade"] if options.upgrade else []))
    path = ROOT / "requirements.txt"
    body = path.read_text(encoding="utf-8")
    path.write_text(header + body.removeprefix(header), encoding="utf-8")


def command_clean(options):
    """Remove everything that was built; --all removes .venv as well."""
    for name in ("_build", ".pytest_cache", ".ruff_cache", "build", *([".venv"] if options.all else [])):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for pattern in ("__pycache__", ".ipynb_checkpoints"):
        for path in [p for p in ROOT.rglob(pattern) if VENV not in p.parents]:
            shutil.rmtree(path, ignore_errors=True)


def parser():
    """The command line."""
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--no-setup", action="store_true", help="use .venv as it is, even if requirements.txt changed")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    made = {}
    for function in [value for name, value in globals().items() if name.startswith("command_")]:
        name = function.__name__.removeprefix("command_")
        made[name] = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        made[name].set_defaults(function=function)
    stages = "\n".join(f"  {name:<10} {stage.__doc__}" for name, stage in STAGES.items())
    made["test"].epilog, made["test"].formatter_class = (
        "stages:\n" + stages,
        argparse.RawDescriptionHelpFormatter,
    )
    made["test"].add_argument("--only", metavar="STAGES", help="comma-separated stages, in the order given")
    made["test"].add_argument("--root", type=Path, default=ROOT, help="tree whose notebooks are checked")
    made["test"].add_argument("--require-browser", action="store_true", help="no browser: fail instead of skip")
    made["execute"].add_argument("notebooks", nargs="*", help="default: every notebook of the book")
    made["figures"].add_argument("notebooks", nargs="*", help="default: every notebook of the book")
    made["figures"].add_argument("--jobs", type=int, default=1, help="notebooks at a time")
    made["execute"].add_argument("--check", action="store_true", help="write nothing; fail if a byte would change")
    made["execute"].add_argument("--jobs", type=int, default=1, help="notebooks at a time")
    made["pdf"].add_argument("names", nargs="*", help="files to write, without .pdf; default: all")
    made["serve"].add_argument("--port", type=int, default=8000)
    made["lab"].prefix_chars = "+"  # what starts with a dash is for JupyterLab
    made["lab"].add_argument("options", nargs="*", help="options of JupyterLab; or --execute: run every copy")
    made["release"].add_argument("--draft", action="store_true", help="also for a version that is not released yet")
    made["release"].add_argument("--try-wheel", nargs="+", metavar="PYTHON", help="its tests, from the wheel alone")
    made["bench"].add_argument("names", nargs="*", help="files in benchmarks/; default: bench_*.py")
    made["tables"].add_argument("names", nargs="*", help="tables to remake; none: list them all")
    made["tables"].add_argument("--verify", action="store_true", help="compute every row again and compare")
    made["tables"].add_argument("--sample", action="store_true", help="compute a random sample again, about a minute")
    made["tables"].add_argument("--seconds", type=float, default=60, help="allowance of --sample; more: more strata")
    made["tables"].add_argument("--jobs", type=int, default=1, help="processes")
    made["lock"].add_argument("--upgrade", action="store_true", help="take the newest allowed versions")
    made["clean"].add_argument("--all", action="store_true", help="remove .venv too")
    return top


def main():
    """Entry point."""
    options = parser().parse_args()
    if options.command != "clean" and not options.no_setup:
        setup()
    try:
        options.function(options)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
