"""Laws of the composite chapter: one theorem behind two certificates, losses and their constants, the proof's table."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ntklib import MLP, AntisymmetricNetwork
from ntklib.kernels import flat_jacobian
from ntklib.theory import certificates
from ntklib.theory.lipschitz import (
    jacobian_lipschitz_bound,
    jacobian_lipschitz_estimate,
)
from ntklib.theory.minimum_width.optimization import statements as optimization
from ntklib.theory.wide_networks.composite import losses, proof
from ntklib.theory.wide_networks.composite import statements as theory
from ntklib.theory.wide_networks.composite.lipschitz import network_lipschitz
from ntklib.theory.wide_networks.setting import sphere_task
from ntklib.theory.wide_networks.wide_enough.statements import shallow_lipschitz

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")
EPS = float(np.finfo(float).eps)


def test_the_certificate_of_part_three_is_an_instance_of_the_composite_theorem():
    for ratio in (1.0, 3.0, 40.0):
        sigma, norm, size = 0.7, 0.7 * ratio, 2.0
        for slack in (1.0, 10.0):
            threshold = 8 * 0.3 * size / sigma**2
            gamma = slack * threshold
            old = optimization.certificate(sigma, norm, 0.3, size, gamma)
            tau = old.step * ((gamma * (norm + sigma / 4)) ** 2 + gamma * 0.3 * size)
            new = certificates.composite_certificate(
                gamma * sigma, gamma * norm, gamma * 0.3, size**2 / 2, tau=tau, scale=gamma
            )
            assert old.valid
            assert new.valid
            assert new.path <= old.path
            assert new.contraction <= old.contraction
            assert new.lipschitz * new.radius <= gamma * sigma / 4


def test_the_radius_of_a_certificate_is_its_own_path():
    known = certificates.composite_certificate(2.0, 3.0, lambda radius: 0.1 + 0.05 * radius, 0.4, tau=0.8, pl=0.5)
    turning = 0.1 + 0.05 * known.radius
    wanted = np.sqrt(2 * 0.4 / 0.5) / (2.0 - turning * known.radius) / 0.6
    assert abs(known.radius / wanted - 1) < 1e-10
    assert abs(known.lipschitz - turning) < 1e-12


def test_for_a_constant_the_threshold_is_where_the_certificate_begins():
    def at(gamma):
        return certificates.composite_certificate(gamma, 2 * gamma, 0.5 * gamma, 0.5, scale=gamma)

    threshold = at(1.0).threshold
    assert abs(certificates.smallest_valid_scale(at) / threshold - 1) < 1e-6
    assert at(1.001 * threshold).valid
    assert not at(0.999 * threshold).valid


def test_on_the_line_rate_and_descent_are_attained():
    for tau in (0.5, 1.0, 1.5):
        step, e = tau, 0.5  # F(θ) = θ, λ = B = 1, Λ = 0
        known = certificates.composite_certificate(1.0, 1.0, 1e-12, e, tau=tau)
        assert abs(known.step - step) < 1e-9
        assert abs(known.contraction - (1 - tau) ** 2) < 1e-9
        assert known.path >= 1.0


@needs_x64
def test_multipliers_in_the_bound_are_a_change_of_variables():
    net = MLP((4, 6, 5, 1), "tanh", "ntk", weight_variance=1.0)
    params = net.init(jax.random.key(0))
    X = sphere_task(7, 4, 0)[0]
    same = MLP((4, 6, 5, 1), "tanh", "standard")
    scaled = [m * W for m, W in zip(net.parametrization.multiplier, params)]
    np.testing.assert_allclose(net(params, X), same(scaled, X), rtol=100 * EPS)
    for radius in (1e-3, 1.0):
        bound = jacobian_lipschitz_bound(params, X, radius, multiplier=net.parametrization.multiplier)
        found = jacobian_lipschitz_estimate(net, params, X, radius, points=2, steps=5)
        assert 0.01 * bound < found <= bound
    ones = jacobian_lipschitz_bound(params, X, 0.5, multiplier=(1.0, 1.0, 1.0))
    assert ones == jacobian_lipschitz_bound(params, X, 0.5)


@needs_x64
@pytest.mark.parametrize("hidden", [1, 2, 3])
def test_the_bound_by_entries_is_above_second_derivatives_on_the_ball(hidden):
    net = MLP((4, *[9] * hidden, 1), "tanh", "ntk", weight_variance=1.0)
    params, X = net.init(jax.random.key(0)), sphere_task(5, 4, 0)[0]
    turning = network_lipschitz(net, params, X)
    for radius in (1e-3, 0.5, 2.0):
        found = jacobian_lipschitz_estimate(net, params, X, radius, points=2, steps=6) / 5**0.5
        assert 0.005 * turning(radius) < found <= turning(radius)


def test_for_one_hidden_layer_two_proofs_of_the_bound_agree():
    net, rng = MLP((4, 400, 1), "tanh", "ntk", weight_variance=1.0), np.random.default_rng(0)
    params, X = [rng.standard_normal(shape) for shape in ((4, 400), (400, 1))], rng.standard_normal((6, 4))
    for radius in (1e-6, 0.3):
        ours, theirs = network_lipschitz(net, params, X)(radius), shallow_lipschitz(params[1][:, 0], X, radius)
        assert 0.5 * theirs < ours <= theirs * (1 + 1e-12)


def _sampled(rng, outer, e, N, R=None):
    """Outputs of loss at most e, spread or concentrated on one sample."""
    size = rng.exponential(size=N) if rng.random() < 0.5 else np.eye(N)[0]
    low, high = 0.0, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if float(outer.function(jnp.asarray(middle * size), jnp.zeros(N))) < e else (low, middle)
        )
    return low * size


@needs_x64
def test_the_constant_of_huber_holds_on_sublevel_sets_and_is_attained():
    outer, N, rng = losses.huber_loss(0.4), 5, np.random.default_rng(0)
    quotients = []
    for _ in range(12):
        u = jnp.asarray(_sampled(rng, outer, 0.7, N))
        slope = N * jax.grad(outer.function)(u, jnp.zeros(N))
        np.testing.assert_allclose(outer.values(np.asarray(u), 0.0)[1], slope, atol=1e-12)
        quotients.append(float(jnp.mean(slope**2) / (2 * outer.function(u, jnp.zeros(N)))))
    assert min(quotients) >= outer.pl(0.7, N) * (1 - 1e-9)
    assert min(quotients) <= outer.pl(0.7, N) * (1 + 1e-6)
    assert outer.pl(0.4**2 / (2 * N), N) == 1.0


@needs_x64
def test_the_constant_of_the_logistic_loss_is_the_infimum_on_the_cube():
    for R in (0.5, 3.0, 12.0):
        z = jnp.linspace(-R, R, 4001)
        slope = jax.vmap(jax.grad(jax.nn.softplus))(-z)
        quotient = slope**2 / (2 * jax.nn.softplus(-z))
        assert abs(float(quotient.min()) / losses.logistic_pl_constant(R) - 1) < 1e-10
    assert losses.LOGISTIC.smoothness >= float(jax.grad(jax.grad(jax.nn.softplus))(0.0))


@needs_x64
def test_the_recorded_quantities_are_those_of_the_iterates():
    net = MLP((3, 5, 1), "tanh", "ntk", weight_variance=1.0)
    params, (X, y) = net.init(jax.random.key(1)), sphere_task(4, 3, 1)
    np.testing.assert_allclose(theory.network_jacobian(net, params, X)[1], flat_jacobian(net, params, X), atol=1e-13)
    run = theory.proof_run(net, params, X, y, 0.1, 3)
    loss = lambda p: losses.SQUARE.function(net(p, X), y)
    for _, row in run.iterrows():
        J = flat_jacobian(net, params, X) / 2
        assert abs(row["sigma"] - np.linalg.svd(J, compute_uv=False)[-1]) < 1e-8
        assert abs(row["outer"] ** 2 - 2 * row["gap"]) < 1e-12
        slope = jax.grad(loss)(params)
        after = jax.tree.map(lambda p, v: p - 0.1 * v, params, slope)
        change = jax.tree.map(jnp.subtract, jax.grad(loss)(after), slope)
        assert abs(row["turned"] - jnp.sqrt(sum(jnp.sum(v**2) for v in change))) < 1e-12
        assert abs(row["next_gap"] - loss(after)) < 1e-12
        params = after


@needs_x64
def test_the_certificate_knows_the_jacobian_of_two_copies():
    net = MLP((5, 8, 8, 1), "tanh", "ntk", weight_variance=1.0)
    start, (X, y) = net.init(jax.random.key(0)), sphere_task(4, 5, 0)
    known = theory.network_certificate(net, start, X, y)
    twin = AntisymmetricNetwork(net, known.scale)
    values = np.linalg.svd(flat_jacobian(twin, (start, start), X) / 2, compute_uv=False)
    np.testing.assert_allclose([known.norm, known.sigma], values[[0, -1]], rtol=1e-9)
    assert known.valid
    assert not theory.network_certificate(net, start, X, y, scale=0.99 * known.scale).valid


def test_what_cannot_be_certified_says_so():
    net = MLP((3, 1, 1), "tanh", "ntk", weight_variance=1.0)
    X, y = sphere_task(9, 3)
    with pytest.raises(ValueError, match=r"composite_certificate: sigma=0\.0; expected a finite number above 0"):
        theory.network_certificate(net, net.init(jax.random.key(0)), X, y)
    with pytest.raises(ValueError, match=r"composite_certificate: tau=2\.0; expected a number between 0 and 2"):
        certificates.composite_certificate(1, 1, 1, 1, tau=2)
    with pytest.raises(ValueError, match=r"Certificate.steps_to: valid=False.*raise the scale from 1 to 5\.33"):
        certificates.composite_certificate(1.0, 1.0, 1.0, 0.5).steps_to(0.1)
    with pytest.raises(ValueError, match=r"huber_loss: threshold=-1\.0"):
        losses.huber_loss(-1)
    assert proof.ProofConstants(1.0, 1.0, 0.0, 1.0).kappa(0.5) == 0.5


def test_the_rate_of_the_logistic_loss_is_that_of_its_differential_inequality():
    step, least, kappa, zeta, first = 0.3, 0.7, 0.9, 0.6, 0.8
    e, lengths = first, 0.0  # the slowest fall that the proof allows: e' = -κηλζ²e², in small steps
    for _ in range(20_000):
        fall = kappa * step * least * zeta**2 * e**2 / 1000
        lengths, e = lengths + fall / (kappa * zeta * least**0.5 * e), e - fall
    rate, path = theory.logistic_bounds(first, e, 20.0, step=step, least=least, kappa=kappa, zeta=zeta)
    assert abs(1 / e / rate - 1) < 1e-3
    assert abs(lengths / path - 1) < 1e-3


def test_the_quotient_of_the_logistic_loss_lies_between_multiples_of_the_loss():
    rng = np.random.default_rng(3)
    for size, N in ((0.1, 3), (1.0, 12), (8.0, 12)):
        margins = size * rng.standard_normal(N)
        values, slopes = losses.LOGISTIC.values(margins, np.ones(N))
        e, worst = np.mean(values), np.max(values)
        zeta, quotient = (1 - np.exp(-worst)) / worst, np.mean(slopes**2) / 2 / e
        assert zeta**2 * e / 2 <= quotient <= N * e / 2
