"""Damage to a checkpoint gives one sentence that names the file, and what was fitted stays."""

import io
import json
import pickle
import re

import numpy as np
import pytest
from sklearn.datasets import load_iris

from softlearn import SoftmaxNetwork, save
from softlearn.sealed import Form, array_bytes, read_array, sealed
from softlearn.solve import Stochastic

X, Y = load_iris(return_X_y=True)
SETTINGS = {"max_iter": 6, "random_state": 0, "early_stopping": True}
ANY = Form("checkpoint", re.compile(r".*"), needed=(), remedy="")


def net(file, **more):
    return SoftmaxNetwork((3,), **SETTINGS, checkpoint=file, **more)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a checkpoint after 3 of 6 epochs."""
    file = tmp_path_factory.mktemp("whole") / "c"
    for epoch in net(file).iter_fit(X, Y):
        if epoch.k == 3:  # which is written
            break
    return file.read_bytes()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "c.npz"


def refused(file, data, match=""):
    """Resume from the bytes: one sentence on the file, which stays as it is."""
    file.write_bytes(data)
    with pytest.raises(
        ValueError, match=r"^\S*c\.npz is no checkpoint of a SoftmaxNetwork \("
    ) as e:
        net(file, resume=True).fit(X, Y)
    assert re.search(match, str(e.value))
    assert len(str(e.value).splitlines()) == 1
    assert file.read_bytes() == data
    assert list(file.parent.iterdir()) == [file]


def test_the_file_goes_on(whole, file):
    file.write_bytes(whole)
    resumed = net(file, resume=True).fit(X, Y)
    straight = SoftmaxNetwork((3,), **SETTINGS).fit(X, Y)
    assert all(map(np.array_equal, resumed.coefs_, straight.coefs_))


def test_every_truncation_is_noticed(whole, file):
    for size in range(0, len(whole), 41):
        refused(file, whole[:size])


def test_every_flipped_bit_is_noticed(whole, file):
    rng = np.random.default_rng(0)
    for bit in rng.choice(8 * len(whole), 300, replace=False):
        data = bytearray(whole)
        data[bit >> 3] ^= 1 << (bit & 7)
        refused(file, bytes(data))


def test_bytes_appended_and_other_files_are_no_checkpoint(whole, file, tmp_path):
    other = io.BytesIO()
    np.savez(other, a=X)
    save(net(None).fit(X, Y), file)
    model = file.read_bytes()
    for data in (whole + b"\0", b"", b"text", other.getvalue(), model, pickle.dumps(whole)):
        refused(file, data)


# -- an enemy computes the checksum too


def resealed(whole, edit=lambda facts: None, arrays=None):
    """Return the file with `edit(facts)` done and some arrays replaced."""
    members = ANY.open(whole)
    facts = json.loads(members["facts.json"])
    facts = edit(facts) or facts
    return sealed({**members, "facts.json": json.dumps(facts).encode(), **(arrays or {})})


def setting(*keys, to):
    def edit(facts):
        for key in keys[:-1]:
            facts = facts[key]
        facts[keys[-1]] = to

    return edit


LIST = [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "edit",
    [
        lambda facts: [facts],
        lambda facts: "facts",
        lambda facts: facts.pop("record"),
        lambda facts: facts.pop("divisions") and None,
        setting("more", to=1),
        setting("data", to=None),
        setting("done", to=1),
        setting("divisions", to=-1),
        setting("divisions", to=441),
        setting("divisions", to=True),
        setting("divisions", to="0"),
        setting("record", to=[]),
        setting("record", "history", to=[]),
        setting("record", "history", "loss", to=[1.0]),
        setting("record", "history", "loss", to=["1.0"] * 3),
        setting("record", "history", "val_loss", to=[]),
        setting("record", "history", "more", to=LIST),
        setting("record", "best_epoch", to=4),
        setting("record", "best_epoch", to=-1),
        setting("record", "best_epoch", to=0),  # with the arrays of a best one
        setting("record", "best_epoch", to="1"),
        setting("record", "in_vain", to=4),
        setting("record", "in_vain", to=0.5),
        setting("record", "lowest", to=None),
        setting("record", "lowest", to=1),
    ],
)
def test_facts_that_do_not_fit_are_no_checkpoint(whole, file, edit):
    refused(file, resealed(whole, edit), "its parts do not fit each other")


@pytest.mark.parametrize("k", [0, 7])
def test_no_epochs_and_more_than_there_are_are_no_checkpoint(whole, file, k):
    def edit(facts):
        record = facts["record"]
        record["history"] = dict.fromkeys(record["history"], [1.0] * k)

    refused(file, resealed(whole, edit), "other epochs than there may be")


CHANGES = {
    "shorter": lambda a: a[:-1],
    "one number, that would be broadcast": lambda a: a[:1],
    "no dimension": lambda a: a[0],
    "two dimensions": lambda a: a[None],
    "another type": lambda a: a.astype(np.float32 if a.dtype == np.float64 else np.float64),
    "complex": lambda a: a.astype(complex),
    "text": lambda a: a.astype(str),
}


@pytest.mark.parametrize("name", ["0.npy", "1.npy", "2.npy", "3.npy", "best.npy"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_arrays_that_do_not_fit_are_no_checkpoint(whole, file, name, change):
    array = read_array(ANY.open(whole)[name], name)
    changed = change(array)
    if changed.shape == array.shape and changed.dtype == array.dtype:
        pytest.skip("a single number stays as it is")
    refused(file, resealed(whole, arrays={name: array_bytes(changed)}))


def test_numbers_that_cannot_be_are_no_checkpoint(whole, file):
    w = read_array(ANY.open(whole)["0.npy"], "0.npy")
    w[3] = np.nan
    refused(file, resealed(whole, arrays={"0.npy": array_bytes(w)}), "not finite")
    refused(file, resealed(whole, arrays={"best.npy": array_bytes(w)}), "not finite")
    refused(file, resealed(whole, arrays={"3.npy": array_bytes(np.array([-1]))}), "below 0")


@pytest.mark.parametrize("name", ["facts.json", "0.npy", "3.npy", "best.npy"])
def test_a_part_that_is_missing_is_no_checkpoint(whole, file, name):
    members = ANY.open(whole)
    del members[name]
    refused(file, sealed(members))


def test_a_part_too_many_is_no_checkpoint(whole, file):
    members = ANY.open(whole)
    refused(file, sealed({**members, "4.npy": members["0.npy"]}), "other arrays")
    refused(file, sealed({**members, "evil.py": b""}), "no place in it")


def test_pickled_arrays_are_not_read(whole, file):
    buffer = io.BytesIO()
    np.save(buffer, np.array([print], dtype=object), allow_pickle=True)
    refused(file, resealed(whole, arrays={"0.npy": buffer.getvalue()}), "header")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_flipped_bits_behind_a_good_checksum_are_no_checkpoint_or_other_numbers(whole, file):
    members, rng = ANY.open(whole), np.random.default_rng(1)
    said = []
    for _ in range(300):
        name = rng.choice(sorted(members))
        data = bytearray(members[name])
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        file.write_bytes(sealed({**members, name: bytes(data)}))
        try:
            net(file, resume=True).fit(X, Y)
        except ValueError as error:
            said.append(str(error))
    for sentence in said:
        assert re.match(r"\S*c\.npz is (no checkpoint|the checkpoint of .* other)", sentence)


def test_a_file_that_cannot_be_read_is_an_error_of_the_system(file):
    file.mkdir()
    with pytest.raises(OSError, match=r"c\.npz"):
        net(file, resume=True).fit(X, Y)


def test_a_rule_whose_state_no_checkpoint_holds_is_said(file):
    class Hoarder:
        name, learning_rate = "hoarder", 0.1

        def init(self, w):
            return (object(),)

        def update(self, g, state, w):
            return -0.1 * g, state

    stubborn = SoftmaxNetwork((3,), solver=Stochastic(Hoarder(), epochs=2), checkpoint=file)
    with pytest.raises(ValueError, match="the state of the rule has others"):
        stubborn.fit(X, Y)
    assert not file.exists()


class Heavy:
    """A rule of one's own, whose state is a number and a vector."""

    name, learning_rate = "heavy", 0.1

    def init(self, w):
        return 0, np.zeros_like(w)

    def update(self, g, state, w):
        k, m = state
        m = 0.9 * m - 0.1 * g
        return m / (1.0 + 0.01 * k), (k + 1, m)


def test_a_rule_of_ones_own_goes_on_to_the_same_bits(file):
    settings = {"solver": Stochastic(Heavy(), epochs=6), "random_state": 0}
    whole = SoftmaxNetwork((3,), **settings).fit(X, Y)
    for epoch in SoftmaxNetwork((3,), **settings, checkpoint=file).iter_fit(X, Y):
        if epoch.k == 2:
            break
    resumed = SoftmaxNetwork((3,), **settings, checkpoint=file, resume=True).fit(X, Y)
    assert all(map(np.array_equal, resumed.coefs_, whole.coefs_))
    assert resumed.loss_curve_ == whole.loss_curve_
