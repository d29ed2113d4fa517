"""The explorers' numbers against ntklib, and the instrument in a real browser: keyboard, verdict, requests."""

from pathlib import Path

import jax
import numpy as np
import pytest

import ntklib

SCRIPTS = Path(__file__).parents[2] / "explorers"
PLACE = '<!DOCTYPE html><html lang="en"><body><div data-explorer="spectrum" hidden></div>{}</body></html>'
LARGEST = 60_000


@pytest.fixture(scope="module")
def instrument(tmp_path_factory, browser):
    """A page with the explorer, opened from the disk; it notes what is asked for and what fails."""
    names = ("core.js", "kernel.js", "spectrum.js")
    tags = "".join(f'<script src="{(SCRIPTS / name).as_uri()}"></script>' for name in names)
    file = tmp_path_factory.mktemp("explorer") / "page.html"
    file.write_text(PLACE.format(tags), encoding="utf-8")
    page = browser.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda r: page.asked.append(r.url))
    page.on("pageerror", lambda e: page.errors.append(str(e)))
    page.goto(file.as_uri())
    yield page
    page.close()


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


def test_nothing_is_asked_for_but_the_scripts_and_nothing_fails(instrument):
    assert instrument.errors == []
    assert len(instrument.asked) == 4
    assert all(url.startswith("file:") for url in instrument.asked)


def test_scripts_are_small():
    assert sum(file.stat().st_size for file in SCRIPTS.iterdir()) < LARGEST
