"""Laws of the anatomy chapter: layer terms against the Jacobian, a chain that descends, exact norms by enumeration."""

import itertools

import numpy as np
import pytest

from ntklib import claims, plain
from ntklib.theory.finite_width import anatomy as theory
from ntklib.theory.finite_width.anatomy import norms
from ntklib.theory.finite_width.anatomy.setting import sphere_factors
from ntklib.theory.finite_width.scales import backward_mean, block_mean, feature_mean
from ntklib.theory.finite_width.setting import he_params, running_example
from ntklib.theory.inequalities import schur_product_bound
from ntklib.theory.infinite_width import setting as part_one


def lowest(A):
    return float(np.linalg.eigvalsh(A)[0])


@pytest.mark.parametrize("position", [1, 2, 3])
def test_the_bound_is_the_sum_of_schurs_product_bounds_and_the_chain_descends_to_it(position):
    widths = [12, 10, 10, 10, 1]
    widths[position] = 150
    F, B = sphere_factors(widths, 30, position)
    frame, bound = theory.anatomy(F, B), theory.schur_sum_bound(F, B)
    products = [schur_product_bound(f @ f.T, b @ b.T) for f, b in zip(F, B, strict=True)]
    assert bound == pytest.approx(sum(products), rel=1e-10)
    assert frame["share"].sum() == pytest.approx(lowest(sum(plain.layer_kernels(F, B))), rel=1e-8)
    assert frame["bound"].sum() == pytest.approx(bound, rel=1e-10)
    assert frame.index.tolist() == [1, 2, 3, 4]
    assert (frame["bound"] > 0).tolist() == [f.shape[1] >= 30 for f in F]
    assert bound > 0
    for above, below in itertools.pairwise(["share", "alone", "average", "bound"]):
        assert (frame[above] >= frame[below] * (1 - 1e-8)).all()


def test_the_bound_is_attained_where_the_feature_kernels_are_multiples_of_the_identity():
    F, B = [3 * np.eye(4), np.eye(4)], [np.diag([1.0, 2.0, 3.0, 4.0]), np.ones((4, 1))]
    assert theory.schur_sum_bound(F, B) == pytest.approx(10.0, rel=1e-14)
    assert lowest(sum(plain.layer_kernels(F, B))) == pytest.approx(10.0, rel=1e-14)


def test_a_dead_sample_makes_truth_and_bound_zero():
    params, X = he_params((5, 80, 3, 1), 0), np.random.default_rng(0).standard_normal((20, 5))
    params[1] = -np.abs(params[1])
    F, B = plain.factors(params, X, activation="relu")
    assert not np.any(sum(plain.layer_kernels(F, B)))
    assert theory.schur_sum_bound(F, B) == 0.0


def test_rescaling_one_layer_scales_each_block_by_all_factors_but_its_own():
    params, X = he_params((5, 9, 8, 1), 0), np.random.default_rng(0).standard_normal((6, 5))
    direct, alpha = plain.layer_kernels(*plain.factors(params, X, activation="relu")), [0.5, 3.0, 7.0]
    scaled = plain.layer_kernels(*plain.factors([a * W for a, W in zip(alpha, params)], X, activation="relu"))
    for a, before, after in zip(alpha, direct, scaled, strict=True):
        np.testing.assert_allclose(after, (np.prod(alpha) / a) ** 2 * before, rtol=1e-10)


def test_survival_matches_the_enumeration_of_all_sign_patterns():
    patterns = np.array(list(itertools.product([0, 1], repeat=5)))
    first, second = patterns[:, :3].any(axis=1), patterns[:, 3:].any(axis=1)
    assert norms.alive_probability((9, 3, 2, 1), 2) == pytest.approx((first & second).mean(), rel=1e-15)
    assert norms.alive_probability((9, 3, 2, 1), 0) == 1.0


def test_moments_of_one_layer_by_quadrature():
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    positive, weights = np.maximum(nodes, 0.0) ** 2, weights / weights.sum()
    mean, square = weights @ positive, weights @ positive**2
    assert feature_mean((2, 1, 1), (1.0, 1.0), 1, square_norm=1.0) == pytest.approx(mean, rel=1e-12)
    assert norms.relative_second_moment((2, 1, 1), 1) == pytest.approx(square / mean**2, rel=1e-12)


def test_the_block_mean_is_the_product_of_means_without_the_survival_factor():
    widths, betas = (3, 2, 2, 2, 1), (1.0, 0.7, 1.3, 0.4)
    f, b = norms.sampled_norms(widths, betas, np.ones(3), draws=200_000, seed=3)
    product, error = f[2] * b[2], (f[2] * b[2]).std() / 200_000**0.5
    assert abs(product.mean() - block_mean(widths, betas, 3, square_norm=3.0)) < 4.5 * error
    survives = norms.alive_probability(widths, 2)
    assert abs(b[2].mean() - survives * backward_mean(widths, betas, 3)) < 4.5 * b[2].std() / 200_000**0.5
    assert survives < 0.6


def test_the_last_backward_norm_has_the_spread_of_the_last_feature_norm():
    widths, betas, draws = (3, 12, 9, 1), (1.0, 1.0, 1.0), 100_000
    _, b = norms.sampled_norms(widths, betas, np.ones(3), draws=draws, seed=5)
    relative = (b[1] / backward_mean(widths, betas, 2)) ** 2
    exact = norms.alive_probability(widths, 1) * (1 + 5 / 9)
    assert abs(relative.mean() - exact) < 4.5 * relative.std() / draws**0.5


def test_sampled_norms_are_those_of_networks():
    f, b = norms.sampled_norms((3, 5, 4, 1), (1.0, 2.0, 0.5), np.ones(3), draws=1, seed=7)
    rng = np.random.default_rng(7)
    params = [s * rng.standard_normal((1, *shape))[0] for s, shape in zip((1.0, 2.0, 0.5), ((3, 5), (5, 4), (4, 1)))]
    F, B = plain.factors(params, np.ones((1, 3)), activation="relu")
    np.testing.assert_allclose(f[:, 0], [np.sum(a**2) for a in F], rtol=1e-12)
    np.testing.assert_allclose(b[:, 0], [np.sum(a**2) for a in B], rtol=1e-12)


@pytest.mark.parametrize("function", [norms.alive_probability, norms.relative_second_moment])
def test_laws_of_norms_name_a_layer_that_does_not_exist(function):
    with pytest.raises(ValueError, match=r"layer=3; expected an integer from 0 to 2"):
        function((2, 3, 4, 1), 3)


def test_backward_levels_name_a_layer_without_a_law():
    with pytest.raises(ValueError, match=r"backward_levels: layer=2; expected an integer from 1 to 1"):
        norms.backward_levels((2, 3, 1), (1.0, 1.0), np.ones(2), 2, draws=1, seed=0)


def test_the_part_of_a_backward_vector_along_its_features_is_the_output():
    """The exact half of the law: b_k · f_k = f_L, by homogeneity."""
    params, X = he_params((5, 9, 8, 7, 1), 3), np.random.default_rng(0).standard_normal((6, 5))
    F, B = plain.factors(params, X, activation="relu")
    for k in (1, 2, 3):
        np.testing.assert_allclose(np.sum(F[k] * B[k - 1], axis=1), (F[-1] @ params[-1])[:, 0], rtol=1e-12, atol=1e-12)


def test_backward_means_without_the_survival_factor_are_contradicted():
    assert not claims.check("book-backward-norm-mean", alive=False)
    assert not claims.check("nguyen-schur-sum", statistic="max")


def test_the_running_example_has_the_inputs_of_part_one_and_weights_independent_of_them():
    (X, params), (same, other) = running_example(0), running_example(1)
    np.testing.assert_array_equal(X, part_one.running_example())
    np.testing.assert_array_equal(X, same)
    assert not np.allclose(params[0], other[0])
    assert abs(np.corrcoef(X.ravel()[:100_000], params[0].ravel())[0, 1]) < 4 / 100_000**0.5
