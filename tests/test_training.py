import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import ntklib.training as training
from ntklib.training import gradient_descent, logistic_loss, squared_loss

pytestmark = pytest.mark.both_precisions

FLOAT = jnp.result_type(float)
EPS = float(jnp.finfo(FLOAT).eps)


def linear(w, X):
    return X @ w


def mlp(params, X):
    """Two-layer tanh network with a pytree that is not a tuple of matrices."""
    return jnp.tanh(X @ params["in"]["W"] + params["in"]["b"]) @ params["out"]


def mlp_params(seed, d=3, n=7):
    a, b = jax.random.split(jax.random.key(seed))
    return {
        "in": {"W": jax.random.normal(a, (d, n)), "b": jnp.zeros(n)},
        "out": jax.random.normal(b, (n,)) / n,
    }


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(8, 3)), np.sign(rng.normal(size=8))


def _flat(tree):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])


def test_linear_model_follows_the_closed_form_of_its_kernel(data):
    X, y = data
    w = np.array([1.0, -2.0, 0.5])
    K = X @ X.T
    eta, steps = 1.5 / np.linalg.eigvalsh(K)[-1], 60
    run = gradient_descent(linear, w, X, y, step_size=eta, steps=steps, record_outputs=True)
    residual, contraction = X @ w - y, np.eye(8) - eta * K
    expected = np.array([y + np.linalg.matrix_power(contraction, t) @ residual for t in range(steps + 1)])
    scale = np.linalg.norm(residual) + np.linalg.norm(y)
    np.testing.assert_allclose(run.outputs, expected, rtol=0, atol=5000 * EPS * scale)
    np.testing.assert_allclose(run.loss, 0.5 * ((expected - y) ** 2).sum(1), rtol=50_000 * EPS)
    np.testing.assert_array_equal(run.step, np.arange(steps + 1))


@pytest.mark.parametrize(("factor", "decreases"), [(0.1, True), (1.99, True), (2.1, False)])
def test_stability_threshold_of_the_squared_loss_is_two_over_the_largest_eigenvalue(data, factor, decreases):
    X, y = data
    eta = factor / np.linalg.eigvalsh(X @ X.T)[-1]
    run = gradient_descent(linear, jnp.ones(3), X, y, step_size=eta, steps=200)
    assert bool((np.diff(run.loss) <= 100 * EPS * np.asarray(run.loss[:-1])).all()) == decreases
    assert bool(run.loss[-1] < run.loss[0]) == decreases


def test_recorded_numbers_equal_a_plain_python_loop(data):
    X, y = data
    start, eta = mlp_params(1), 0.02
    run = gradient_descent(mlp, start, X, y, step_size=eta, steps=10)
    value = jax.value_and_grad(lambda p: 0.5 * jnp.sum((mlp(p, X) - y) ** 2))
    params, path = start, 0.0
    for t in range(11):
        loss, gradient = value(params)
        moved = jax.tree.map(jnp.subtract, params, start)
        layers = [np.linalg.norm(leaf) for leaf in jax.tree.leaves(moved)]
        row = [loss, np.linalg.norm(_flat(gradient)), np.linalg.norm(_flat(moved)), path]
        names = ("loss", "gradient_norm", "distance", "path_length")
        np.testing.assert_allclose([getattr(run, n)[t] for n in names], row, rtol=5000 * EPS, atol=50 * EPS)
        np.testing.assert_allclose(run.layer_distance[t], layers, rtol=5000 * EPS, atol=50 * EPS)
        final = params
        params = jax.tree.map(lambda p, g: p - eta * g, params, gradient)
        path += eta * np.linalg.norm(_flat(gradient))
    np.testing.assert_allclose(_flat(run.params), _flat(final), rtol=5000 * EPS)
    assert jax.tree.structure(run.params) == jax.tree.structure(start)


@pytest.mark.parametrize("options", [{}, {"batch_size": 2, "key": jax.random.key(3)}])
def test_path_is_at_least_as_long_as_the_way_and_layers_add_up(data, options):
    run = gradient_descent(mlp, mlp_params(2), *data, step_size=0.02, steps=100, record_every=7, **options)
    slack = 1 + 1000 * EPS
    assert (np.asarray(run.distance) <= np.asarray(run.path_length) * slack).all()
    assert (np.diff(run.path_length) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(run.layer_distance, axis=1), run.distance, rtol=500 * EPS)
    assert run.distance[0] == run.path_length[0] == 0


@pytest.mark.parametrize("options", [{}, {"batch_size": 3, "key": jax.random.key(0), "sampling": "shuffle"}])
@pytest.mark.parametrize("every", [1, 4, 5, 20, 100])
def test_record_every_thins_the_records_and_changes_nothing_else(data, every, options):
    arguments = {"step_size": 0.02, "steps": 20, "loss": "logistic", **options}
    dense = gradient_descent(mlp, mlp_params(0), *data, **arguments)
    thin = gradient_descent(mlp, mlp_params(0), *data, record_every=every, **arguments)
    kept = sorted({*range(0, 20, every), 20})
    np.testing.assert_array_equal(thin.step, kept)
    for name in ("loss", "gradient_norm", "distance", "path_length"):
        np.testing.assert_allclose(
            getattr(thin, name), np.asarray(getattr(dense, name))[kept], rtol=5000 * EPS, atol=5 * EPS
        )
    np.testing.assert_allclose(_flat(thin.params), _flat(dense.params), rtol=5000 * EPS)


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("sampling", ["shuffle", "one_pass"])
def test_stochastic_descent_on_whole_batches_is_gradient_descent(data, loss, sampling):
    steps = 30 if sampling == "shuffle" else 1
    options = {"step_size": 0.01, "steps": steps, "loss": loss}
    full = gradient_descent(mlp, mlp_params(0), *data, **options)
    batch = gradient_descent(
        mlp, mlp_params(0), *data, batch_size=8, key=jax.random.key(5), sampling=sampling, **options
    )
    np.testing.assert_allclose(batch.loss, full.loss, rtol=5000 * EPS)
    np.testing.assert_allclose(_flat(batch.params), _flat(full.params), rtol=50_000 * EPS, atol=50 * EPS)


def test_one_pass_uses_each_sample_once_in_the_order_given(data):
    X, y = data
    run = gradient_descent(
        linear, jnp.zeros(3), X, y, loss="logistic", step_size=0.3, steps=4, batch_size=2, sampling="one_pass"
    )
    w = np.zeros(3)
    for t in range(4):
        A, b = X[2 * t : 2 * t + 2], y[2 * t : 2 * t + 2]
        w = w + 0.3 * A.T @ (b / (1 + np.exp(b * (A @ w)))) / 2
    np.testing.assert_allclose(run.params, w, rtol=500 * EPS)


def test_shuffle_visits_every_sample_once_an_epoch_in_a_new_order():
    eye = np.eye(6)  # sample i moves weight i alone, so that the order can be read off the weights
    orders = []
    for steps in (6, 12):
        seen = gradient_descent(
            linear,
            jnp.zeros(6),
            eye,
            np.ones(6),
            loss=lambda f, y: -jnp.sum(f),
            step_size=1.0,
            steps=steps,
            batch_size=1,
            sampling="shuffle",
            key=jax.random.key(0),
            observe=lambda w: w,
        ).observed
        np.testing.assert_array_equal(seen[-1], np.full(6, steps / 6))
        orders.append(np.argmax(np.diff(seen, axis=0), axis=1))
    np.testing.assert_array_equal(orders[0], orders[1][:6])
    assert (orders[1][:6] != orders[1][6:]).any()


@pytest.mark.parametrize("sampling", ["replacement", "shuffle"])
def test_minibatch_gradient_of_the_summed_loss_is_unbiased(data, sampling):
    X, y = data
    full = gradient_descent(linear, jnp.ones(3), X, y, step_size=1.0, steps=1).params - 1
    moves = jax.vmap(
        lambda key: (
            gradient_descent(
                linear, jnp.ones(3), X, y, step_size=1.0, steps=1, batch_size=2, key=key, sampling=sampling
            ).params
            - 1
        )
    )(jax.random.split(jax.random.key(0), 4000))
    error = np.abs(moves.mean(0) - full) / (np.std(moves, axis=0) / np.sqrt(4000))
    assert error.max() < 4.5


@pytest.mark.parametrize(("loss", "name"), [(squared_loss, "squared"), (logistic_loss, "logistic")])
def test_losses_have_the_gradient_of_their_formula(loss, name):
    rng = np.random.default_rng(0)
    f, y = rng.normal(size=6) * 3, np.sign(rng.normal(size=6))
    formula = {"squared": f - y, "logistic": -y / (1 + np.exp(y * f)) / 6}[name]
    np.testing.assert_allclose(jax.grad(loss)(f, y), formula, rtol=500 * EPS)
    value = {"squared": 0.5 * np.sum((f - y) ** 2), "logistic": np.mean(np.log1p(np.exp(-y * f)))}[name]
    np.testing.assert_allclose(loss(f, y), value, rtol=50 * EPS)
    run = gradient_descent(linear, f, np.eye(6), y, loss=name, step_size=0.1, steps=1)
    np.testing.assert_allclose(run.params, f - 0.1 * formula, rtol=500 * EPS)


def test_logistic_loss_is_exact_far_from_the_boundary():
    f = jnp.array([-800.0, 800.0])
    np.testing.assert_allclose(logistic_loss(f, jnp.ones(2)), 400.0, rtol=5 * EPS)
    assert jnp.isfinite(jax.grad(logistic_loss)(f, jnp.ones(2))).all()


def test_a_loss_of_ones_own_equals_the_built_in_one(data):
    options = {"step_size": 0.02, "steps": 15}
    own = gradient_descent(mlp, mlp_params(0), *data, loss=lambda f, y: 0.5 * jnp.sum((f - y) ** 2), **options)
    built_in = gradient_descent(mlp, mlp_params(0), *data, **options)
    np.testing.assert_array_equal(own.loss, built_in.loss)


def test_own_loss_may_have_labels_of_another_shape_than_the_outputs():
    rng = np.random.default_rng(0)
    X, classes = rng.normal(size=(9, 4)), np.arange(9) % 3

    def cross_entropy(f, y):
        return -jnp.mean(jax.nn.log_softmax(f)[jnp.arange(f.shape[0]), y])

    run = gradient_descent(
        linear,
        jnp.zeros((4, 3)),
        X,
        classes,
        loss=cross_entropy,
        step_size=0.5,
        steps=50,
        batch_size=3,
        key=jax.random.key(0),
    )
    np.testing.assert_allclose(run.loss[0], np.log(3), rtol=50 * EPS)
    assert run.loss[-1] < run.loss[0]


def test_several_outputs_train_like_separate_networks():
    rng = np.random.default_rng(0)
    X, Y, W = rng.normal(size=(6, 3)), rng.normal(size=(6, 2)), rng.normal(size=(3, 2))
    both = gradient_descent(linear, W, X, Y, step_size=0.02, steps=20, record_outputs=True)
    for j in range(2):
        one = gradient_descent(linear, W[:, j], X, Y[:, j], step_size=0.02, steps=20)
        np.testing.assert_allclose(both.params[:, j], one.params, rtol=5000 * EPS)
    assert both.outputs.shape == (21, 6, 2)


@pytest.mark.parametrize("options", [{}, {"batch_size": 2}])
def test_vmap_over_seeds_equals_a_loop_over_seeds(data, options):
    def train(key):
        extra = {"key": key, **options} if options else {}
        return gradient_descent(
            linear, jax.random.normal(key, (3,)), *data, step_size=0.02, steps=12, record_every=5, **extra
        )

    keys = jax.random.split(jax.random.key(0), 3)
    together, one_by_one = jax.vmap(train)(keys), [train(key) for key in keys]
    for i, single in enumerate(one_by_one):
        for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(single)):
            np.testing.assert_allclose(a[i], b, rtol=5000 * EPS, atol=50 * EPS)


def test_same_arguments_give_the_same_bits_and_another_key_does_not(data):
    def train(seed):
        key = jax.random.key(seed)
        return gradient_descent(mlp, mlp_params(0), *data, step_size=0.02, steps=9, batch_size=2, key=key)

    np.testing.assert_array_equal(_flat(train(0)), _flat(train(0)))
    assert (train(0).loss != train(1).loss)[1:].all()


def test_frozen_layer_by_closure_stays_and_observation_is_stacked(data):
    params = mlp_params(0)
    run = gradient_descent(
        lambda v, X: mlp({**params, "out": v}, X),
        params["out"],
        *data,
        step_size=0.02,
        steps=6,
        record_every=3,
        observe=lambda v: {"norm": jnp.linalg.norm(v), "sign": v > 0},
    )
    assert run.layer_distance.shape == (3, 1)
    assert run.observed["sign"].shape == (3, 7)
    np.testing.assert_allclose(run.observed["norm"][-1], np.linalg.norm(run.params), rtol=50 * EPS)


@pytest.mark.parametrize("options", [{}, {"batch_size": 8, "key": jax.random.key(0), "sampling": "shuffle"}])
def test_divergence_is_an_error_or_a_flag_with_the_first_bad_iteration(data, options):
    X, y = data
    arguments = {"step_size": 1e12, "steps": 60, "record_every": 4, **options}
    with pytest.raises(FloatingPointError, match=r"at iteration \d+ of 60 with step_size=1e\+12.*2/λ_max"):
        gradient_descent(linear, jnp.ones(3), X, y, **arguments)
    run = gradient_descent(linear, jnp.ones(3), X, y, on_divergence="record", **arguments)
    bad = int(run.diverged_at)
    assert bool(run.diverged)
    before = np.asarray(run.step) < bad
    assert before.any()
    assert np.isfinite(np.asarray(run.loss)[before]).all()
    for name in ("loss", "distance", "gradient_norm", "path_length"):
        assert np.isnan(np.asarray(getattr(run, name))[~before]).all()
    assert len(run.frame()) == before.sum()
    last = gradient_descent(linear, jnp.ones(3), X, y, **{**arguments, "steps": bad - 1})
    assert not last.diverged
    with pytest.raises(FloatingPointError, match=f"at iteration {bad} of {bad}"):
        gradient_descent(linear, jnp.ones(3), X, y, **{**arguments, "steps": bad})


def test_loss_that_is_nan_from_the_start_is_reported_at_iteration_zero(data):
    run = gradient_descent(
        linear,
        jnp.zeros(3),
        *data,
        loss=lambda f, y: jnp.sum(jnp.log(f - 1)),
        step_size=0.1,
        steps=3,
        on_divergence="record",
    )
    assert int(run.diverged_at) == 0
    np.testing.assert_array_equal(run.params, np.zeros(3))


def test_one_diverging_seed_leaves_its_neighbours_alone(data):
    X, y = data
    run = jax.vmap(lambda eta: gradient_descent(linear, jnp.ones(3), X, y, step_size=eta, steps=50))(
        jnp.array([0.01, 1e12])
    )
    np.testing.assert_array_equal(run.diverged, [False, True])
    alone = gradient_descent(linear, jnp.ones(3), X, y, step_size=0.01, steps=50)
    np.testing.assert_allclose(run.loss[0], alone.loss, rtol=5000 * EPS)


@pytest.mark.parametrize("dtype", sorted({jnp.dtype("float32"), FLOAT}, key=str))
def test_precision_follows_the_inputs(data, dtype):
    X, y = data
    run = gradient_descent(
        mlp,
        jax.tree.map(lambda a: a.astype(dtype), mlp_params(0)),
        X.astype(dtype),
        y,
        step_size=0.01,
        steps=5,
        batch_size=2,
        key=jax.random.key(0),
    )
    for name in ("loss", "gradient_norm", "distance", "layer_distance", "path_length"):
        assert getattr(run, name).dtype == dtype
    assert all(leaf.dtype == dtype for leaf in jax.tree.leaves(run.params))


def test_a_network_that_cannot_be_hashed_works_and_is_never_mistaken_for_another(data):
    class Scaled:
        __hash__ = None

        def __init__(self, factor):
            self.factor = factor

        def __call__(self, w, X):
            return self.factor * X @ w

    first = [gradient_descent(Scaled(c), jnp.ones(3), *data, step_size=0.01, steps=2).loss[0] for c in (1.0, 2.0)]
    X, y = data
    expected = [0.5 * np.sum((c * X.sum(1) - y) ** 2) for c in (1.0, 2.0)]
    np.testing.assert_allclose(first, expected, rtol=500 * EPS)


def test_frame_refuses_a_stack_of_runs(data):
    X, y = data
    runs = jax.vmap(lambda w: gradient_descent(linear, w, X, y, step_size=0.01, steps=2))(jnp.ones((2, 3)))
    with pytest.raises(ValueError, match=r"step has shape \(2, 3\); expected a single run"):
        runs.frame()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y": np.ones((8, 1))}, r"y has shape \(8, 1\) and the network's outputs have shape \(8,\)"),
        ({"y": np.full(8, np.nan)}, "y contains NaN or infinity"),
        ({"X": np.ones(3)}, r"X has shape \(3,\); expected a matrix"),
        ({"X": np.full((8, 3), np.inf)}, "X contains NaN or infinity"),
        ({"loss": "hinge"}, "loss='hinge'; expected one of 'squared', 'logistic' or a function"),
        ({"loss": "logistic", "y": np.arange(8.0)}, r"labels \[0.0, 1.0, 2.0, 3.0\]; .* expects -1 and 1"),
        ({"step_size": 0.0}, "step_size=0.0; expected a finite number above 0"),
        ({"step_size": np.nan}, "step_size=nan"),
        ({"steps": 0}, "steps=0; expected an integer >= 1"),
        ({"record_every": 1.5}, "record_every=1.5; expected an integer"),
        ({"batch_size": 2}, "sampling='replacement' draws at random and received key=None"),
        ({"batch_size": 9, "sampling": "shuffle"}, "batch_size=9; expected at most N=8"),
        ({"batch_size": 2, "sampling": "one_pass"}, "allows 4 steps of batch_size=2; received steps=5"),
        ({"sampling": "cyclic"}, "sampling='cyclic'; expected one of 'replacement', 'shuffle', 'one_pass'"),
        ({"on_divergence": "ignore"}, "on_divergence='ignore'; expected 'raise' or 'record'"),
    ],
)
def test_bad_arguments_are_refused_by_name(data, changes, message):
    arguments = {"X": data[0], "y": data[1], "step_size": 0.1, "steps": 5, **changes}
    with pytest.raises(ValueError, match=message):
        gradient_descent(linear, jnp.zeros(3), arguments.pop("X"), arguments.pop("y"), **arguments)


def adam_by_hand(gradient, w, steps, eta, first=0.9, second=0.999, floor=1e-8):
    m, v = np.zeros_like(w), np.zeros_like(w)
    path = [w]
    for t in range(1, steps + 1):
        g = gradient(w)
        m, v = first * m + (1 - first) * g, second * v + (1 - second) * g**2
        w = w - eta * (m / (1 - first**t)) / (np.sqrt(v / (1 - second**t)) + floor)
        path.append(w)
    return np.array(path)


def test_adam_takes_the_steps_of_its_definition(data):
    X, y = map(np.asarray, data)
    path = adam_by_hand(lambda w: X.T @ (X @ w - y), np.ones(3), 40, 0.05)
    run = gradient_descent(linear, jnp.ones(3), X, y, optimizer="adam", step_size=0.05, steps=40)
    np.testing.assert_allclose(run.params, path[-1], rtol=5000 * EPS)
    np.testing.assert_allclose(run.distance, np.linalg.norm(path - path[0], axis=1), rtol=5000 * EPS, atol=50 * EPS)
    lengths = np.append(0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
    np.testing.assert_allclose(run.path_length, lengths, rtol=5000 * EPS, atol=50 * EPS)


@pytest.mark.parametrize("batch", [{}, {"batch_size": 3, "key": jax.random.key(1)}])
def test_an_optimizer_object_holds_its_own_step_size(data, batch):
    own = gradient_descent(
        linear, jnp.ones(3), *data, optimizer=optax.sgd(0.02), step_size=None, steps=9, record_every=2, **batch
    )
    named = gradient_descent(linear, jnp.ones(3), *data, step_size=0.02, steps=9, record_every=2, **batch)
    np.testing.assert_allclose(own.params, named.params, rtol=50 * EPS)
    np.testing.assert_allclose(own.path_length, named.path_length, rtol=50 * EPS)


def test_the_memory_of_an_optimizer_does_not_depend_on_what_is_recorded(data):
    options = {"optimizer": "adam", "step_size": 0.03, "steps": 13}
    dense = gradient_descent(linear, jnp.ones(3), *data, **options)
    thin = gradient_descent(linear, jnp.ones(3), *data, record_every=5, **options)
    np.testing.assert_allclose(dense.params, thin.params, rtol=50 * EPS)
    np.testing.assert_allclose(dense.loss[np.array([0, 5, 10, 13])], thin.loss, rtol=50 * EPS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "adamw2", "step_size": 0.1}, "optimizer='adamw2'; expected one of 'sgd', 'adam' or an"),
        ({"optimizer": optax.adam(0.1), "step_size": 0.1}, "step_size=0.1 beside an optimizer object"),
        ({"step_size": None}, "step_size=None; expected a number"),
    ],
)
def test_optimizers_are_refused_by_name(data, options, message):
    with pytest.raises(ValueError, match=message):
        gradient_descent(linear, jnp.ones(3), *data, steps=3, **options)


def test_the_observer_sees_the_jacobian_it_is_given(data):
    X = np.asarray(data[0])
    start = jnp.array([0.3, -0.2, 0.1])

    def net(w, X):
        return jnp.tanh(X @ w)

    run = gradient_descent(
        net, start, *data, step_size=0.05, steps=6, record_every=3, observe=training.jacobian_observer(net, start, X)
    )
    J0, J = ((1 - np.tanh(X @ np.asarray(w)) ** 2)[:, None] * X for w in (start, run.params))
    assert float(run.observed["drift"][0]) == 0.0
    np.testing.assert_allclose(run.observed["largest"][-1], np.linalg.norm(J, 2), rtol=50 * EPS)
    np.testing.assert_allclose(run.observed["drift"][-1], np.linalg.norm(J - J0, 2), rtol=5000 * EPS)
    assert float(run.observed["smallest"][-1]) == 0.0  # eight samples, three parameters
    few = training.jacobian_observer(net, start, X[:2])(run.params)
    np.testing.assert_allclose(few["smallest"], np.linalg.svd(J[:2], compute_uv=False)[-1], rtol=5000 * EPS)


def test_public_names_are_those_documented():
    assert set(training.__all__) == {
        "AntisymmetricNetwork",
        "LeastSquares",
        "Trajectory",
        "gradient_descent",
        "jacobian_observer",
        "least_squares",
        "logistic_loss",
        "squared_loss",
    }


@pytest.mark.both_precisions
def test_a_run_inside_jit_is_the_run_outside():
    X, y = jnp.eye(3), jnp.array([1.0, -2.0, 3.0])

    def end(size):
        return gradient_descent(lambda w, X: X @ w, jnp.zeros(3), X, y, step_size=size, steps=7, record_every=3).params

    np.testing.assert_allclose(jax.jit(end)(0.3), end(0.3), rtol=10 * EPS)
