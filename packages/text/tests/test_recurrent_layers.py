"""What a recurrent layer gives beside its output: gates by name, traces, costs; what it refuses; dropout in training."""

import weakref

import numpy as np
import pytest

import core
from core.files.config import build_network
from core.layers.recurrent.loop import run
from text.layers import GRU, LSTM, RNN, Bidirectional, GRUCell, LSTMCell, SimpleRNN, SimpleRNNCell, StackedRNNCells

SHAPE = (2, 5, 3)
X = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
MASK = np.array([[True, True, False, True, False], [False, True, True, False, False]])


def ready(layer, shape=SHAPE, seed=1):
    """Build a layer and give it random weights."""
    rng = np.random.default_rng(seed)
    layer.build(shape)
    for _, part in layer.walk():
        for name, size in part.parameter_shapes.items():
            part.assign(name, rng.normal(scale=0.5, size=size).astype(np.float32))
    return layer


@pytest.mark.parametrize(
    ("layer", "names"), [(LSTM(4), "ifco"), (GRU(4), "zrh"), (GRU(4, reset_after=False), "zrh")], ids=str
)
def test_gates_are_views_of_the_kernels_by_name(layer, names):
    cell = ready(layer).cell
    assert "".join(cell.gates) == names
    for number, gate in enumerate(cell.gates.values()):
        part = slice(4 * number, 4 * number + 4)
        np.testing.assert_array_equal(gate.kernel, cell.kernel[:, part])
        np.testing.assert_array_equal(gate.recurrent_kernel, cell.recurrent_kernel[:, part])
        np.testing.assert_array_equal(gate.bias, cell.bias[..., part])
        assert all(np.shares_memory(view, whole) for view, whole in zip(gate, cell.parameters.values(), strict=True))
    cell.gates[names[0]].kernel[0, 0] = 7.0
    assert cell.kernel[0, 0] == 7.0


def test_gates_without_bias():
    assert ready(LSTM(4, use_bias=False)).cell.gates["f"].bias is None


def test_the_trace_of_an_lstm_satisfies_its_equations():
    layer = ready(LSTM(4, return_sequences=True))
    seen = layer.trace(X)
    assert list(seen) == ["i", "f", "c", "o", "hidden_state", "cell_state"]
    assert {value.shape for value in seen.values()} == {(2, 5, 4)}
    before = np.concatenate([np.zeros((2, 1, 4), np.float32), seen["cell_state"][:, :-1]], axis=1)
    np.testing.assert_allclose(seen["f"] * before + seen["i"] * seen["c"], seen["cell_state"], atol=1e-6)
    np.testing.assert_allclose(seen["o"] * np.tanh(seen["cell_state"]), seen["hidden_state"], atol=1e-6)
    np.testing.assert_array_equal(seen["hidden_state"], layer.forward(X))


@pytest.mark.parametrize("make", [SimpleRNN, LSTM, GRU])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_trace_follows_masks_and_stands_in_the_order_of_the_input(make, backwards):
    layer = ready(make(4, return_sequences=True, go_backwards=backwards))
    seen = layer.trace(X, MASK)
    output = layer.forward(X, mask=MASK)
    np.testing.assert_array_equal(seen["hidden_state"], output[:, ::-1] if backwards else output)


def test_traces_of_both_directions_and_of_a_stack():
    both = ready(Bidirectional(GRU(4)))
    seen = both.trace(X, MASK)
    assert list(seen) == [
        f"{half}/{name}" for half in ("forward", "backward") for name in ("z", "r", "h", "hidden_state")
    ]
    np.testing.assert_array_equal(seen["forward/hidden_state"][:, -1], both.forward(X, mask=MASK)[:, :4])
    np.testing.assert_array_equal(seen["backward/hidden_state"][:, 0], both.forward(X, mask=MASK)[:, 4:])
    stack = ready(RNN([LSTMCell(4), SimpleRNNCell(2)]))
    seen = stack.trace(X)
    assert list(seen) == [
        *(f"0/{name}" for name in ("i", "f", "c", "o", "hidden_state", "cell_state")),
        "1/hidden_state",
    ]
    np.testing.assert_array_equal(seen["1/hidden_state"][:, -1], stack.forward(X))


@pytest.mark.parametrize(
    ("layer", "each"),
    [
        (SimpleRNN(4), 4 * (3 + 4)),
        (LSTM(4), 4 * 4 * (3 + 4)),
        (GRU(4), 3 * 4 * (3 + 4)),
        (Bidirectional(LSTM(4)), 2 * 4 * 4 * (3 + 4)),
        (RNN([GRUCell(4), SimpleRNNCell(2)]), 3 * 4 * (3 + 4) + 2 * (4 + 2)),
    ],
    ids=str,
)
def test_multiply_adds(layer, each):
    ready(layer)
    assert layer.multiply_adds((None, 5, 3)) == 5 * each
    assert layer.multiply_adds((None, None, 3)) is None


class Leaky(core.Layer):
    """A cell of somebody else: h_t = decay * h + mean(x)."""

    def __init__(self, units, decay=0.5, **common):
        super().__init__(**common)
        self.state_size = units
        self.decay = decay

    def call(self, x, states):
        h = self.decay * states[0] + x.mean(axis=-1, keepdims=True)
        return h, [h]


def test_the_loop_runs_a_cell_of_your_own():
    output = RNN(Leaky(2), return_sequences=True).forward(X)
    expected = np.zeros((2, 2))
    for time in range(5):
        expected = 0.5 * expected + X[:, time].mean(axis=1, keepdims=True)
        np.testing.assert_allclose(output[:, time], expected, atol=1e-6)
    stacked = RNN([Leaky(2), Leaky(2)])
    assert stacked.forward(X).shape == (2, 2)
    with pytest.raises(core.InputError, match="does not say what its gates are"):
        stacked.trace(X)


def test_the_loop_takes_states_of_any_shape():
    """A convolutional LSTM's state has more axes; the mask spreads over them."""
    inputs = np.ones((2, 3, 2, 2), np.float32)
    mask = np.array([[True, False, True], [False, False, False]])
    start = (np.zeros((2, 2, 2), np.float32),)
    output, state, _ = run(lambda x, s: (x + s[0], (x + s[0],), None), inputs, start, mask=mask)
    np.testing.assert_array_equal(output, np.stack([np.full((2, 2), 2.0), np.zeros((2, 2))]))
    np.testing.assert_array_equal(state[0], output)


def test_the_loop_keeps_what_goes_back_only_where_it_is_wanted():
    alive, counts = weakref.WeakSet(), []

    def step(x, state):
        counts.append(len(alive))
        backward = lambda d_output, d_state: (d_output, d_state, {})  # noqa: E731
        alive.add(backward)
        return x, state, backward

    run(step, X, (), wants_backward=False)
    run(step, X, ())
    assert counts == [0] * 5 + [0, 1, 2, 3, 4]


def test_a_cell_of_your_own_without_a_gradient_does_not_learn():
    with pytest.raises(core.UnsupportedLayerError, match="gradient of a Leaky"):
        RNN(Leaky(2)).learn(X)


@pytest.mark.parametrize(("dropout", "recurrent"), [(0.4, 0.0), (0.0, 0.4), (0.4, 0.3), (1.0, 0.0)])
@pytest.mark.parametrize(
    "layer",
    [(SimpleRNN, {}), (LSTM, {}), (LSTM, {"implementation": 1}), (GRU, {}), (GRU, {"reset_after": False})],
    ids=str,
)
def test_dropout_in_training_follows_its_generator(layer, dropout, recurrent):
    make, options = layer
    layer = ready(make(4, dropout=dropout, recurrent_dropout=recurrent, **options))
    plain = layer.forward(X)
    np.testing.assert_array_equal(layer.forward(X, training=False, rng=np.random.default_rng(1)), plain)
    first = layer.forward(X, training=True, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(layer.forward(X, training=True, rng=np.random.default_rng(1)), first)
    assert not np.array_equal(first, plain)
    with pytest.raises(core.InputError, match="pass rng"):
        layer.forward(X, training=True)


def test_dropout_forgets_the_same_at_every_time_step():
    """With W = 1, U = 0 and no activation the outputs are the input times what is kept: one draw for all steps."""
    layer = RNN(SimpleRNNCell(3, activation=None, use_bias=False, dropout=0.5), return_sequences=True)
    layer.build(SHAPE)
    layer.cell.assign("kernel", np.eye(3, dtype=np.float32))
    layer.cell.assign("recurrent_kernel", np.zeros((3, 3), np.float32))
    kept = layer.forward(np.ones((200, 4, 3), np.float32), training=True, rng=np.random.default_rng(0))
    assert set(np.unique(kept)) == {0.0, 2.0}
    np.testing.assert_array_equal(kept, np.repeat(kept[:, :1], 4, axis=1))
    assert abs(kept.mean() - 1) < 0.2  # 600 draws: five standard deviations are 0.2


def test_dropout_of_the_state_and_of_each_gate_keeps_the_mean():
    """The mean over many draws of a linear network is the output without dropout."""
    x = np.repeat(X[:1, :2], 20_000, axis=0)
    cells = [SimpleRNNCell(2, activation=None, dropout=0.3, recurrent_dropout=0.2)]
    cells += [SimpleRNNCell(2, activation=None, recurrent_dropout=0.4)]
    for cell in cells:
        layer = ready(RNN(cell))
        drawn = layer.forward(x, training=True, rng=np.random.default_rng(5))
        np.testing.assert_allclose(drawn.mean(axis=0), layer.forward(x[:1])[0], atol=0.05)


BAD = [
    (lambda: LSTM(0), "units"),
    (lambda: LSTM(4, activation="nonsense"), "activation"),
    (lambda: LSTM(4, dropout=1.5), "dropout"),
    (lambda: LSTM(4, time_major=True), "time_major"),
    (lambda: LSTM(4, use_cudnn="maybe"), "use_cudnn"),
    (lambda: LSTM(4, implementation=3), "implementation"),
    (lambda: LSTM(4, return_sequences=1), "return_sequences"),
    (lambda: LSTM(4, nonsense=1), "nonsense"),
    (lambda: RNN("cell"), "state_size"),
    (lambda: StackedRNNCells([]), "cells"),
    (lambda: Bidirectional(LSTM(4), merge_mode="max"), "merge_mode"),
    (lambda: Bidirectional(LSTMCell(4)), "recurrent layer"),
    (lambda: Bidirectional(LSTM(4), backward_layer=LSTM(4)), "go_backwards"),
    (
        lambda: Bidirectional(LSTM(4), backward_layer=LSTM(4, go_backwards=True, return_sequences=True)),
        "return_sequences",
    ),
    (lambda: Bidirectional(LSTM(4), weights=[1]), "weights"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_options_that_cannot_be_are_refused(make, message):
    with pytest.raises(core.InputError, match=message):
        make()


CALLS = [
    (lambda layer: layer.forward(X[:, :0]), "at least one time step"),
    (lambda layer: layer.forward(X[..., :2]), "3 values along axis -1"),
    (lambda layer: layer.forward(X[0]), "3 axes"),
    (lambda layer: layer.forward(X, mask=MASK[:, :3]), "mask of shape"),
    (lambda layer: layer.forward(X, initial_state=[np.zeros((2, 4))]), "initial_state must have the shapes"),
    (lambda layer: layer.reset_states(), "stateful"),
]


@pytest.mark.parametrize(("call", "message"), CALLS)
def test_calls_that_cannot_be_are_refused(call, message):
    with pytest.raises(core.InputError, match=message):
        call(ready(LSTM(4)))


def test_a_stateful_layer_refuses_another_batch_size():
    layer = ready(SimpleRNN(4, stateful=True))
    layer.forward(X)
    with pytest.raises(core.InputError, match="reset_states"):
        layer.forward(X[:1])
    layer.reset_states()
    first = layer.forward(X[:1])
    layer.reset_states([np.zeros((1, 4))])
    np.testing.assert_array_equal(layer.forward(X[:1]), first)


def of_keras2(name, kind, options, *sources):
    calls = [[[source, 0, 0, {}] for source in sources]] if sources else []
    return {"class_name": kind, "name": name, "config": {"name": name} | options, "inbound_nodes": calls}


@pytest.mark.parametrize("kind", ["LSTM", "Bidirectional"])
def test_states_behind_the_input_in_one_list_as_keras_2_wrote_them(kind):
    layer = ready(LSTM(4) if kind == "LSTM" else Bidirectional(LSTM(4)))
    states = [np.full((2, 4), value, np.float32) for value in (0.1, 0.2)] * (1 if kind == "LSTM" else 2)
    names = [f"state_{number}" for number in range(len(states))]
    options = {"units": 4} if kind == "LSTM" else {"layer": {"class_name": "LSTM", "config": {"units": 4}}}
    entries = [
        of_keras2("x", "InputLayer", {"batch_input_shape": (None, *SHAPE[1:])}),
        of_keras2("masking", "Masking", {"mask_value": 9.0}, "x"),
        *(of_keras2(name, "InputLayer", {"batch_input_shape": (None, 4)}) for name in names),
        of_keras2("rnn", kind, options, "masking", *names),
    ]
    inputs = [[name, 0, 0] for name in ("x", *names)]
    config = {"name": "model", "layers": entries, "input_layers": inputs, "output_layers": [["rnn", 0, 0]]}
    model = build_network({"class_name": "Functional", "config": config}, "2.4.0")
    opened = model.get_layer("rnn")
    assert [part.parameter_shapes for _, part in opened.walk()] == [part.parameter_shapes for _, part in layer.walk()]
    assert model.output_shape == (None, *layer.compute_output_shape(SHAPE)[1:])
    model.set_weights(layer.get_weights())
    x = np.where(MASK[..., None], X, np.float32(9))
    np.testing.assert_array_equal(model.forward([x, *states]), layer.forward(x, initial_state=states, mask=MASK))
