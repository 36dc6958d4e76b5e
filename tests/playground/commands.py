"""Commands for sessions, at random."""

from typing import Any

from hypothesis import strategies as st

from softlearn.playground.presets import PRESETS

Message = dict[str, Any]

places = st.tuples(st.floats(-3, 3), st.floats(-3, 3)).map(list)
labels = st.integers(0, 5)


def _message(kind: str, **values: Any) -> st.SearchStrategy[Message]:
    return st.fixed_dictionaries({"type": st.just(kind)}, optional=values)


def _points(op: str, **values: Any) -> st.SearchStrategy[Message]:
    return st.fixed_dictionaries({"type": st.just("points"), "op": st.just(op), **values})


OF_POINTS = st.one_of(
    _points("add", xy=st.lists(places, min_size=1, max_size=20), label=labels),
    _points("erase", xy=places, radius=st.floats(0, 1)),
    _points("relabel", xy=places, radius=st.floats(0, 1), label=labels),
    _points("undo"),
    _points("redo"),
    _points("clear"),
    _points("import", text=st.sampled_from(["0,0,1\n1,1,2\n", "a,b,label\n10,20,x\n30,20,y\n"])),
    _message(
        "data",
        preset=st.sampled_from([p.id for p in PRESETS]),
        n=st.integers(1, 80),
        noise=st.floats(0, 1),
        test=st.sampled_from([0.0, 0.3, 0.9]),
        seed=st.integers(0, 3),
    ),
)
OF_WEIGHTS = st.one_of(
    _message(
        "model",
        classes=st.integers(2, 6),
        hidden=st.lists(st.integers(1, 9), max_size=3),
        activation=st.sampled_from(["identity", "relu", "tanh", "sigmoid", "gelu"]),
        seed=st.integers(0, 3),
        init=st.sampled_from(["auto", "he", "glorot", "sklearn"]),
    ),
    _message(
        "optimizer",
        name=st.sampled_from(["descent", "momentum", "rmsprop", "adam"]),
        lr=st.sampled_from([0.0, 1e-3, 0.03, 0.3]),
        beta=st.sampled_from([0.0, 0.9]),
        beta2=st.sampled_from([0.9, 0.999]),
        average=st.booleans(),
        batch=st.sampled_from([0, 1, 7, 32, 5000]),
        l2=st.sampled_from([0.0, 1e-2]),
    ),
    _message("step", n=st.integers(1, 30)),
    _message("epoch"),
    _message("reset"),
    _message("nudge", size=st.floats(0, 1)),
    _message("zero"),
    st.builds(
        lambda i, j, value: {"type": "weight", "layer": 1, "i": i, "j": j, "value": value},
        st.integers(0, 2),
        st.integers(-1, 1),
        st.floats(-5, 5),
    ),
)
OTHERS = st.one_of(
    _message("hello"),
    _message("run"),
    _message("pause"),
    _message("stop_when", cost=st.none() | st.floats(0, 1), steps=st.none() | st.integers(1, 99)),
    _message("view", planes=st.booleans(), weights=st.booleans(), grid=st.sampled_from([32, 64])),
    _message("probe", point=st.integers(0, 90)),
    _message("probe", xy=places),
    _message("solve", apply=st.booleans()),
    _message("pin"),
    _message("unpin", id=st.integers(1, 9)),
    st.builds(
        lambda what: {"type": "export", "what": what},
        st.sampled_from(["python", "json", "csv", "link", "weights"]),
    ),
    st.builds(
        lambda surface: {"type": "race", "surface": surface, "steps": 5},
        st.sampled_from(["bowl", "ellipse", "saddle", "plateau", "quadratic", "network"]),
    ),
)
CHANGES = OF_WEIGHTS | OF_POINTS
COMMANDS = OF_WEIGHTS | OF_POINTS | OTHERS

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
_WORDS = """
    hello data points model optimizer run pause step epoch reset speed stop_when view probe softmax
    weight nudge zero solve pin unpin race count export restore
"""
_NAMES = """
    preset n noise test seed op xy label radius text classes hidden activation init name lr beta
    beta2 eps average batch l2 steps_per_frame cost accuracy steps planes units weights grid point z
    layer i j value size apply id surface start optimizers nudge dimension what state
"""
_TYPES, _FIELDS = _WORDS.split(), _NAMES.split()
_SPOILT = JSON | st.sampled_from(
    [10**400, -1, 1e308, float("nan"), [[]], {"format": 1, "journal": [{}]}, "clear", "add", 3]
)
MALFORMED = JSON | st.builds(
    lambda kind, values: {**values, "type": kind},
    st.sampled_from(_TYPES),
    st.dictionaries(st.sampled_from(_FIELDS), _SPOILT, max_size=4),
)
