"""The explorers' numbers against ntklib, and the instruments in a real browser: keyboard, verdict, requests."""

import importlib.util
import math
from contextlib import contextmanager
from pathlib import Path

import jax
import numpy as np
import pytest
from check_pages import AXE

import ntklib
from ntklib.theory.finite_width import two_sided
from ntklib.theory.polylog_width.four_widths import floors, laws, outcomes
from ntklib.theory.polylog_width.how_wide.reasons import chen_width, radius_asked
from ntklib.theory.polylog_width.how_wide.setting import geometric_mean, widths_of

BOOK = Path(__file__).parents[2]
SCRIPTS = BOOK / "explorers"
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Page</title>{}</head>'
    "<body><main>{}</main></body></html>"
)
PLACE = '<h1>Page</h1><div class="explorer" data-explorer="{}" hidden></div>'
LARGEST = 60_000
LONGEST_FRAME = 0.05
THROTTLE = 4
FIXTURES = {"spectrum": "instrument", "widths": "widths", "position": "position"}


def scripts_of(name, data):
    """The scripts that a page with an explorer loads, in order."""
    return [SCRIPTS / "core.js", SCRIPTS / "kernel.js", *([data] if name == "widths" else []), SCRIPTS / f"{name}.js"]


@contextmanager
def opened(name, data, folder, browser):
    """A page with the explorer, opened from the disk; it notes what is asked for and what fails."""
    styles = "".join(f"<style>{(BOOK / '_static' / css).read_text()}</style>" for css in ("custom.css", "front.css"))
    tags = "".join(f'<script src="{script.as_uri()}"></script>' for script in scripts_of(name, data))
    file = folder / f"{name}.html"
    file.write_text(PAGE.format(styles + tags, PLACE.format(name)), encoding="utf-8")
    page = browser.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda r: page.asked.append(r.url))
    page.on("pageerror", lambda e: page.errors.append(str(e)))
    page.goto(file.as_uri())
    yield page
    page.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The script of numbers of the explorer of widths, as the build writes it."""
    spec = importlib.util.spec_from_file_location("widths", BOOK / "_ext" / "widths.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("data")
    text = module.script(folder)
    assert module.script(folder) == text
    assert [file.read_text(encoding="utf-8") for file in folder.iterdir()] == [text]
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def instrument(tmp_path_factory, browser):
    """The explorer of spectra."""
    with opened("spectrum", None, tmp_path_factory.mktemp("explorer"), browser) as page:
        yield page


@pytest.fixture(scope="module")
def widths(tmp_path_factory, browser, data):
    """The explorer of widths."""
    with opened("widths", data, tmp_path_factory.mktemp("explorer"), browser) as page:
        yield page


@pytest.fixture(scope="module")
def position(tmp_path_factory, browser):
    """The explorer of one wide layer."""
    with opened("position", None, tmp_path_factory.mktemp("explorer"), browser) as page:
        yield page


@pytest.mark.parametrize("depth", [1, 2, 3, 7, 20])
def test_the_kernel_agrees_with_ntklib_on_a_grid_of_angles(instrument, depth):
    angles = np.concatenate([np.geomspace(1e-8, 0.1, 30), np.linspace(0.1, np.pi, 60)])
    found = instrument.evaluate(f"(angles) => angles.map((t) => NTK.profile(t, {depth}))", angles.tolist())
    expected = ntklib.angular_profile(angles, depth=depth)
    for name in ("G", "K"):
        np.testing.assert_allclose([row[name] for row in found], getattr(expected, name), rtol=0, atol=1e-10)
        gaps = (1.0 if name == "G" else depth) - np.array([row[name] for row in found])
        np.testing.assert_allclose(gaps, getattr(expected, f"{name}_gap"), rtol=1e-10, atol=1e-14 * depth)


@pytest.mark.parametrize(("N", "d", "distance"), [(2, 2, 1e-4), (16, 3, None), (64, 256, 0.01), (48, 2, 1.0)])
def test_spectra_of_the_drawn_points_agree_with_ntklib(instrument, N, d, distance):
    with jax.enable_x64(True):
        setting = {"N": N, "d": d, "distance": distance, "seed": 3, "L": 5}
        found = instrument.evaluate("(s) => NTK.compute(s)", setting)
        X = np.array(instrument.evaluate("(s) => NTK.points(s.N, s.d, s.distance, s.seed)", setting))
        assert X.shape == (N, d)
        np.testing.assert_allclose(np.linalg.norm(X, axis=1), 1, rtol=1e-14)
        if distance:
            assert abs(np.linalg.norm(X[0] - X[1]) / distance - 1) < 1e-10
        K = np.asarray(ntklib.infinite_kernels(X, depth=5)[1])
        np.testing.assert_allclose(found["spectrum"], np.linalg.eigvalsh(K), rtol=0, atol=1e-12 * N)
        rho = np.clip(X @ X.T, -1, 1)
        orders = {r: 2 * ntklib.hermite_coefficient("relu", r) ** 2 for r in (2, 4, 6, 8)}
        bounds = [share * np.linalg.eigvalsh(rho**r)[0] for r, share in orders.items()]
        assert abs(found["lower"] - max(bounds)) < 1e-12
        assert found["lower"] <= found["spectrum"][0] * (1 + 1e-9) + 1e-12


def test_what_the_chapter_says_happens(instrument):
    """The answers to the prediction beside the instrument in smallest_eigenvalue."""
    at = {"L": 3, "N": 32, "d": 32, "distance": None, "seed": 1}
    moves = {"start": {}, "a": {"L": 10}, "b": {"distance": 0.01}, "c": {"N": 48, "d": 3}}
    found = {name: instrument.evaluate("(s) => NTK.compute(s)", at | move) for name, move in moves.items()}
    least = {name: f"{result['spectrum'][0]:.2g}" for name, result in found.items()}
    assert least == {"start": "1.2", "a": "5.9", "b": "0.0097", "c": "0.035"}
    assert found["a"]["lower"] == found["start"]["lower"]
    assert f"{found['b']['lower']:.1e}" == "1.5e-05"
    assert abs(found["c"]["lower"]) < 1e-12
    near = instrument.evaluate("(s) => NTK.compute(s)", at | {"distance": 0.001})
    assert abs(found["b"]["spectrum"][0] / (6 * 0.01 / (2 * np.pi)) - 1) < 0.02
    assert abs(found["b"]["lower"] / near["lower"] - 100) < 0.1
    assert sum(2 * l + 1 for l in range(0, 9, 2)) == 45


def test_eigenvalues_of_awkward_matrices(instrument):
    """Zero, diagonal, repeated and graded spectra."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((12, 12)))[0]
    for values in (np.zeros(12), np.arange(12.0), np.repeat([1.0, 2.0], 6), np.logspace(-12, 0, 12), -np.ones(12)):
        for basis in (np.eye(12), Q):
            A = (basis * values) @ basis.T
            A = (A + A.T) / 2
            found = instrument.evaluate("(A) => NTK.eigenvalues(A)", A.tolist())
            np.testing.assert_allclose(found, np.linalg.eigvalsh(A), rtol=0, atol=2e-14)


def test_points_are_centred_and_spread(instrument):
    X = np.array(instrument.evaluate("() => NTK.points(4000, 3, null, 1)"))
    assert np.abs(X.mean(axis=0)).max() < 4 / (3 * 4000) ** 0.5
    assert np.abs(X.T @ X / 4000 - np.eye(3) / 3).max() < 4 * (4 / 45 / 4000) ** 0.5


def test_a_slider_moved_by_the_keyboard_changes_the_verdict(instrument):
    verdict = instrument.locator(".verdict")
    before = verdict.inner_text()
    assert "at most L = 3" in before
    instrument.get_by_label("depth L").focus()
    instrument.keyboard.press("ArrowRight")
    instrument.wait_for_function("document.querySelector('.verdict').textContent.includes('L = 4')")
    instrument.get_by_label("closest pair").focus()
    instrument.keyboard.press("End")
    instrument.wait_for_function(
        "/eigenvalue [0-9.]+e-4|eigenvalue 0.000/.test(document.querySelector('.verdict').textContent)"
    )
    assert instrument.locator("svg circle").count() == 32
    assert instrument.get_by_label("closest pair").get_attribute("aria-valuetext") == "1e-4"


# ---- the explorer of widths

SHOWN = """async ([N, labels, theory]) => {
  const place = document.querySelector(".explorer");
  const slider = place.querySelector("input[type=range]");
  slider.value = Math.log2(N) - 4;
  slider.dispatchEvent(new Event("input"));
  place.querySelector(`input[value="${labels}"]`).click();
  place.querySelector(`input[value="${theory}"]`).click();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const row = place.querySelector(`g[data-theory="${theory}"]`), right = place.querySelectorAll(".pictures svg")[1];
  const path = (e, selector) => { const p = e.querySelector(selector); return p && p.getAttribute("d"); };
  const dot = row.querySelector("circle");
  return {
    needed: dot && dot.getAttribute("cx"), hollow: Boolean(dot) && dot.classList.contains("hollow"),
    range: path(row, ".first.line"), asked: path(row, ".diamond"), excluded: path(right, ".third.line"),
    bold: row.classList.contains("chosen"), verdict: place.querySelector(".verdict").textContent,
  };
}"""


def width_at(x):
    """The number of neurons at a place of the left picture, whose axis goes from 1 to 1e32."""
    return None if x is None else 10 ** ((float(x) - 52) / (338 - 52) * 32)


def state(page, N, labels, theory):
    """What the page shows for a setting, read off its marks."""
    found = page.evaluate(SHOWN, [N, labels, theory])
    assert found["bold"]
    found["needed"], found["asked"] = width_at(found["needed"]), width_at(found["asked"][1:].split()[0])
    if found["range"]:
        low, high = found["range"][1:].split("H")
        found["range"] = width_at(low.split()[0]), width_at(high)
    if found["excluded"]:
        points = [point.split() for point in found["excluded"][1:].split("L")]
        found["excluded"] = [10 ** ((216 - float(y)) / (216 - 12) * 5) for _, y in points]
    return found


def close(found, expected):
    """Equal to a relative error of 1e-10."""
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("labels", ["random", "margin"])
def test_widths_needed_and_excluded_are_those_of_ntklib(widths, labels):
    needed, floor = laws.needed_widths(), floors.least_widths()
    measured = {"poly(n)": ["random"], "n": ["random", "margin"], "√n": ["random"], "polylog(n)": ["margin"]}
    for (theory, N), part in needed.groupby(["theory", "n"]):
        if labels in measured[theory]:
            found = state(widths, N, labels, theory)
            close(found["needed"], laws.typical(part).iloc[0, 0])
            close(found["range"], (part["needed"].min(), part["needed"].max()))
            assert found["hollow"] == part["beyond"].any()
            close(found["excluded"], floor[theory])
            assert f"in {'each of ' * (part['needed'].nunique() == 1)}6 runs" in found["verdict"]
    missing = state(widths, 256, "random", "poly(n)")
    assert missing["needed"] is None
    assert "needed: not measured" in missing["verdict"]
    missing = state(widths, 64, "margin", "√n")
    assert missing["needed"] is None
    assert missing["excluded"] is None
    assert "what a proof excludes was not worked out" in missing["verdict"]


@pytest.mark.parametrize("N", [16, 128])
def test_widths_asked_are_those_of_ntklib(widths, N):
    with jax.enable_x64(True):
        asked = laws.theory_widths((N,)).loc[N]
        radius = radius_asked(outcomes.DATA, "random", N, depth=outcomes.DEPTH)
    for theory in asked.index:
        close(state(widths, N, "margin", theory)["asked"], asked[theory])
        if theory != "polylog(n)":
            close(state(widths, N, "random", theory)["asked"], asked[theory])
    close(state(widths, N, "random", "polylog(n)")["asked"], chen_width(radius, outcomes.DEPTH, N))


def test_random_labels_under_the_fourth_theorem(widths):
    found = widths_of(outcomes.DATA, "random", depth=outcomes.DEPTH)
    assert sorted(set(found["n"])) == [32, 128]
    for N in (16, 32, 64, 128, 256):
        shown = state(widths, N, "random", "polylog(n)")
        if N in (32, 128):
            part = found.loc[found["n"] == N, "smallest"]
            close(shown["needed"], geometric_mean(found, N))
            close(shown["range"], (part.min(), part.max()))
            assert "in 3 runs" in shown["verdict"]
        else:
            assert shown["needed"] is None


def test_the_sentence_says_what_is_shown(widths):
    said = state(widths, 128, "margin", "polylog(n)")["verdict"]
    assert said == (
        "128 samples, labels with a margin: asked 4.5e24 neurons per layer, needed 4.9 (2 to 8 in 6 runs); "
        "a proof excludes fewer than 2."
    )
    said = state(widths, 128, "random", "poly(n)")["verdict"]
    assert "needed 4900 (4100 to 6000 in 6 runs, by extrapolation)" in said
    said = state(widths, 256, "margin", "n")["verdict"]
    assert "asked 11,000 neurons in one layer, needed 110 in both" in said
    assert "no width is excluded" in state(widths, 16, "random", "√n")["verdict"]


def test_the_keyboard_reaches_every_choice(widths):
    state(widths, 128, "margin", "polylog(n)")
    widths.get_by_role("radio", name="labels with a margin").focus()
    widths.keyboard.press("ArrowUp")
    widths.wait_for_function("document.querySelector('.verdict').textContent.includes('random labels: asked 9.1e28')")
    widths.keyboard.press("Tab")
    widths.keyboard.press("ArrowUp")
    widths.wait_for_function("document.querySelector('.verdict').textContent.includes('asked 6300')")
    widths.get_by_label("samples N").focus()
    widths.keyboard.press("Home")
    widths.wait_for_function("document.querySelector('.verdict').textContent.includes('16 samples')")
    assert widths.get_by_label("samples N").get_attribute("aria-valuetext") == "16"


# ---- the explorer of one wide layer

DRAWN = """({ N, d, widths, seed }) => ({
  X: NTK.points(N, d, null, seed).map((x) => x.map((v) => v * Math.sqrt(d))),
  W: widths.slice(1).map((n, l) => NTK.weights(seed, l, widths[l], n).map((row) => Array.from(row))),
})"""


@pytest.mark.parametrize("scaling", ["unit", "he"])
@pytest.mark.parametrize(("wide", "narrow", "N", "d"), [(1, 8, 12, 16), (2, 16, 16, 32), (3, 4, 24, 64)])
def test_eigenvalues_and_sides_of_the_sampled_network_are_those_of_ntklib(position, wide, narrow, N, d, scaling):
    widths = (d, *(64 if k == wide else narrow for k in (1, 2, 3)), 1)
    setting = {"N": N, "d": d, "widths": widths, "position": wide, "scaling": scaling, "seed": 2}
    found, draws = position.evaluate("(s) => NTK.network(s)", setting), position.evaluate(DRAWN, setting)
    with jax.enable_x64(True):
        net, X = ntklib.MLP(widths, parametrization="standard"), np.array(draws["X"])
        betas = [math.sqrt(2 / n) if scaling == "he" else 1.0 for n in widths[:-1]]
        W = tuple(beta * np.array(Z) for beta, Z in zip(betas, draws["W"]))
        K = np.asarray(ntklib.empirical_ntk(net, W, X))
        blocks = [np.asarray(ntklib.empirical_ntk(net, W, X, layers=(l,))) for l in (1, 2, 3, 4)]
    rounding = 1e-12 * np.trace(K)
    np.testing.assert_allclose(found["value"], np.linalg.eigvalsh(K)[0], rtol=1e-10, atol=rounding)
    np.testing.assert_allclose(found["blocks"], [np.linalg.eigvalsh(B)[0] for B in blocks], rtol=1e-10, atol=rounding)
    gram = max(np.linalg.eigvalsh(X @ X.T)[0], 0.0)
    sides = {"r": 2, "lambda_min_gram": gram, "wide": [k == wide for k in (1, 2, 3)], "constant": 1 / 8}
    close(found["lower"], two_sided.lower(widths, betas, N, **sides))
    close(found["upper"], two_sided.upper(widths, betas, constant=1 / 8))


def test_what_the_page_says_about_the_wide_layer(position):
    """Slopes near one at each position, some points below the dashed line; layers of two neurons lose samples."""
    start = {"N": 16, "d": 32, "narrow": 16, "position": 2, "scaling": "unit", "seed": 1}
    below = 0
    for place in (1, 2, 3):
        settings = [start | {"position": place, "seed": seed} for seed in range(1, 9)]
        found = [position.evaluate("(s) => NTK.positions(s)", setting) for setting in settings]
        value, lower, upper = (
            np.array([[row[k] for row in rows] for rows in found]) for k in ("value", "lower", "upper")
        )
        assert (value < upper).all()
        below += (value < lower).sum()
        typical = np.log(value).mean(axis=0)
        assert 0.9 < (typical[6] - typical[3]) / np.log(512 / 64) < 1.1
    assert 10 < below < 40  # of 168
    lost = position.evaluate("(s) => NTK.positions(s)", start | {"narrow": 2})
    assert lost[6]["value"] == 0


def test_moving_the_wide_layer_changes_the_verdict(position):
    position.get_by_label("wide layer k").focus()
    position.keyboard.press("ArrowRight")
    position.wait_for_function("document.querySelector('.verdict').textContent.startsWith('Layer 3 with 512')")
    position.get_by_role("radio", name="variance 2 / fan-in").click()
    position.get_by_label("other widths").focus()
    position.keyboard.press("Home")
    position.wait_for_function("document.querySelector('.verdict').textContent.includes('singular')")
    assert position.locator("svg circle.hollow").count() > 0
    position.keyboard.press("End")
    position.wait_for_function("!document.querySelector('.verdict').textContent.includes('singular')")


# ---- all


@pytest.mark.parametrize("name", FIXTURES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing(name, mode, request):
    page = request.getfixturevalue(FIXTURES[name])
    page.evaluate("(mode) => (document.documentElement.dataset.theme = mode)", mode)
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run()")["violations"]
    assert [(v["id"], [node["html"][:80] for node in v["nodes"]]) for v in found] == []


FRAME = """async () => {
  const slider = document.querySelector("input[type=range]");
  const began = new Promise((done) => requestAnimationFrame(() => done(performance.now())));
  slider.value = slider.value === slider.max ? slider.value - 1 : slider.max;
  slider.dispatchEvent(new Event("input"));  // which asks for a frame after ours
  const start = await began;
  document.body.getBoundingClientRect();
  return new Promise((done) => setTimeout(() => done((performance.now() - start) / 1000)));
}"""


@pytest.mark.parametrize("name", FIXTURES)
def test_a_frame_is_short_on_a_slow_machine(name, request):
    """The shortest of forty frames that draw the picture anew, the processor slowed down: other work only adds."""
    page = request.getfixturevalue(FIXTURES[name])
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    took = [page.evaluate(FRAME) for _ in range(40)]
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    session.detach()
    print(f"{name}: frames of {min(took):.4f} to {max(took):.4f} s, median {np.median(took):.4f} s")
    assert min(took) < LONGEST_FRAME


@pytest.mark.parametrize("name", FIXTURES)
def test_nothing_is_asked_for_but_the_scripts_and_nothing_fails(name, data, request):
    page = request.getfixturevalue(FIXTURES[name])
    assert page.errors == []
    assert len(page.asked) == 1 + len(scripts_of(name, data))
    assert all(url.startswith("file:") for url in page.asked)


def test_scripts_are_small(data):
    assert sum(file.stat().st_size for file in [*SCRIPTS.iterdir(), data]) < LARGEST
