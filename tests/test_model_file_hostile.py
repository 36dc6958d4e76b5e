"""A damaged or hostile file gives a `ModelFileError`: nothing runs, nothing crashes.

Damage is caught by the checksum.  An enemy computes the checksum too, so the files made by hand
here are sealed properly, and what they try is caught by the checks behind it.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_iris
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from softlearn import ModelFileError, SoftmaxRegression, load, read_metadata, save
from softlearn.model_file import files, zipped
from softlearn.model_file.zipped import open_sealed, sealed

X, Y = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    """The bytes of a sound file: a pipeline of a scaler and a model."""
    path = tmp_path_factory.mktemp("whole") / "m.softlearn"
    save(make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y), path, {"rows": 150})
    return path.read_bytes()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "m.softlearn"


def refused(path: Path, data: bytes, match: str = "cannot be loaded") -> None:
    """Load the bytes; require one sentence that names the file, and an untouched folder."""
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=match) as raised:
        load(path)
    assert str(path) in str(raised.value)
    assert list(path.parent.iterdir()) == [path]


def with_members(whole: bytes, **changes: bytes) -> bytes:
    """Replace members (name with _ for its dot), and seal the file again."""
    members = open_sealed(whole)
    return sealed(members | {name.replace("_", "."): data for name, data in changes.items()})


def with_schema(whole: bytes, edit) -> bytes:
    """Return the file with `edit(schema)` done, or its result in the schema's place."""
    schema = json.loads(open_sealed(whole)["schema.json"])
    schema = edit(schema) or schema
    return with_members(whole, schema_json=json.dumps(schema).encode())


def node(loader: str, name: str, **entries: Any) -> dict[str, Any]:
    module, _, kind = name.rpartition(".")
    return {"__loader__": loader, "__module__": module, "__class__": kind, **entries}


def value(content: Any) -> dict[str, Any]:
    return node("JsonNode", "builtins.str", content=json.dumps(content), is_json=True)


def listed(*items: dict[str, Any], kind: str = "List") -> dict[str, Any]:
    return node(f"{kind}Node", f"builtins.{kind.lower()}", content=list(items))


def mapped(**items: dict[str, Any]) -> dict[str, Any]:
    kinds = listed(*[node("TypeNode", "builtins.str") for _ in items])
    return node("DictNode", "builtins.dict", key_types=kinds, content=items)


def with_attribute(whole: bytes, attribute: dict[str, Any]) -> bytes:
    """Return the file with one attribute more in its pipeline, `verbose`'s place taken."""

    def edit(schema: dict[str, Any]) -> None:
        schema["content"]["content"]["verbose"] = attribute

    return with_schema(whole, edit)


# -- damage


def test_the_helpers_here_make_sound_files(whole, path):
    path.write_bytes(with_attribute(whole, mapped(a=listed(value(1), value("b"), kind="Tuple"))))
    assert load(path).verbose == {"a": (1, "b")}


@pytest.mark.parametrize("read", [load, read_metadata])
def test_every_truncation_is_noticed(read, whole, path):
    for size in range(0, len(whole), 37):
        path.write_bytes(whole[:size])
        with pytest.raises(ModelFileError):
            read(path)


@pytest.mark.parametrize("read", [load, read_metadata])
def test_every_flipped_bit_is_noticed(read, whole, path):
    rng = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        with pytest.raises(ModelFileError):
            read(path)


def test_bytes_cut_out_doubled_or_appended_are_noticed(whole, path):
    rng = np.random.default_rng(1)
    for start, stop in np.sort(rng.integers(len(whole), size=(100, 2)), axis=1):
        if start < stop:
            refused(path, whole[:start] + whole[stop:])
            refused(path, whole[:stop] + whole[start:])
    refused(path, whole + b"\0")


def test_random_bytes_are_no_model(path):
    rng = np.random.default_rng(2)
    for size in (0, 1, 4, 100, 10_000):
        refused(path, rng.bytes(size), "not a softlearn model file")
        refused(path, b"PK\x03\x04" + rng.bytes(size), "not a softlearn model file")


@pytest.mark.filterwarnings("ignore:.*was saved with")
def test_damage_behind_a_good_checksum_is_still_an_error(whole, path):
    """Flip bits inside members and seal again: an error or a model, never anything else."""
    members = open_sealed(whole)
    rng = np.random.default_rng(3)
    for _ in range(200):
        name = rng.choice(sorted(members))
        data = bytearray(members[name])
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(sealed({**members, name: bytes(data)}))
        try:
            load(path).predict(X)
        except ModelFileError:
            continue
        except (ValueError, TypeError, AttributeError):
            assert name == "schema.json"  # another name or value there: scikit-learn's own errors


# -- other files


class Bomb:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)


def test_a_pickle_is_not_read(path):
    refused(path, pickle.dumps(Bomb(path.parent / "canary")), "not a softlearn model file")


def test_other_archives_are_not_read(path):
    buffer = io.BytesIO()
    np.savez(buffer, a=X)
    refused(path, buffer.getvalue(), "not a softlearn model file")


def test_a_pickled_array_is_not_read(whole, path):
    buffer = io.BytesIO()
    objects = np.array([Bomb(path.parent / "canary")], dtype=object)
    np.save(buffer, objects, allow_pickle=True)
    refused(path, with_members(whole, **{"0_npy": buffer.getvalue()}), "header")
    refused(path, with_members(whole, **{"0_npy": pickle.dumps(objects)}), "header")


def test_a_file_larger_than_any_model_is_not_read(whole, path, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", len(whole) - 1)
    refused(path, whole, "larger than any model file")


def test_a_large_hole_is_not_read(path):
    with path.open("wb") as file:
        file.truncate(zipped.MAX_BYTES + 1)
    with pytest.raises(ModelFileError, match="larger than any model file"):
        load(path)


# -- types that are not on the list


FORBIDDEN = {
    "os.system by TypeNode": node("TypeNode", "os.system"),
    "eval by FunctionNode": node("FunctionNode", "builtins.eval"),
    "a numpy function that loads pickles": node("FunctionNode", "numpy.load"),
    "a scipy function that skops trusts": node("FunctionNode", "scipy.special.expit"),
    "an estimator that skops trusts": node(
        "ObjectNode", "sklearn.linear_model._logistic.LogisticRegression", content=mapped()
    ),
    "a class called as a dictionary": node(
        "DictNode", "sklearn.pipeline.Pipeline", key_types=listed(), content={}
    ),
    "a type called with arguments": node(
        "ConstructorFromReduceNode", "subprocess.Popen", content=listed(value("touch canary"))
    ),
    "an allowed object called with arguments": node(
        "ConstructorFromReduceNode", "sklearn.pipeline.Pipeline", content=listed(value([]))
    ),
    "a type called on an array": node("NdArrayNode", "builtins.exec", type="numpy", file="0.npy"),
    "a void made of an array": node("NdArrayNode", "numpy.void", type="numpy", file="0.npy"),
    "a type called on a list": node("ListNode", "builtins.eval", content=[]),
    "a method": node(
        "MethodNode",
        "sklearn.pipeline.Pipeline",
        content={"func": "fit", "obj": node("ObjectNode", "sklearn.pipeline.Pipeline")},
    ),
    "a partial": node(
        "PartialNode",
        "functools.partial",
        content={
            "func": node("FunctionNode", "os.system"),
            "args": listed(value("touch canary"), kind="Tuple"),
            "kwds": mapped(),
            "namespace": mapped(),
        },
    ),
    "an operator": node("OperatorFuncNode", "operator.methodcaller", attrs=listed(value("fit"))),
    "a reduced tree": node(
        "TreeNode", "sklearn.tree._tree.Tree", __reduce__={"args": listed()}, content=mapped()
    ),
    "a reduced loss": node(
        "LossNode", "os.system", __reduce__={"args": listed()}, content=mapped()
    ),
    "a random state": node("RandomStateNode", "numpy.random.mtrand.RandomState", content=mapped()),
    "a defaultdict": node("DefaultDictNode", "collections.defaultdict", content={}),
    "bytes of a member": node("BytesNode", "builtins.bytes", file="0.npy"),
    "a set": node("SetNode", "builtins.set", content=[]),
    "a masked array": node("MaskedArrayNode", "numpy.ma.MaskedArray", content={}),
    "a loader that does not exist": node("EvilNode", "builtins.str", content=[]),
}


@pytest.mark.parametrize("attribute", FORBIDDEN.values(), ids=FORBIDDEN)
def test_what_is_not_on_the_list_is_refused(attribute, whole, path, monkeypatch):
    monkeypatch.chdir(path.parent)  # where "touch canary" would leave its trace
    name = f"{attribute['__module__']}.{attribute['__class__']}"
    refused(path, with_attribute(whole, attribute), f"it holds .*{name}")


def test_skops_never_sees_what_is_not_on_the_list(whole, path, monkeypatch):
    import skops.io

    def seen(*_, **__):
        raise AssertionError("skops was asked")

    monkeypatch.setattr(skops.io, "loads", seen)
    refused(path, with_attribute(whole, node("TypeNode", "os.system")), r"it holds os\.system")


def test_messages_do_not_repeat_what_would_move_the_cursor(whole, path):
    path.write_bytes(with_attribute(whole, node("TypeNode", "os.\x1b[2J" + "x" * 10_000)))
    with pytest.raises(ModelFileError, match=r"it holds os\.\?\[2Jx+") as raised:
        load(path)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize("name", ["osx.system", "softlearn.cli.vectorise.ImageReader.fit", ".", ""])
def test_names_that_resemble_nothing_are_refused(name, whole, path):
    refused(path, with_attribute(whole, node("ObjectNode", name, content=mapped())), "it holds")


MALFORMED = {
    "a null": None,
    "a list": [],
    "a node without a module": {"__loader__": "JsonNode", "__class__": "str"},
    "a module that is a list": {"__loader__": "TypeNode", "__class__": "int", "__module__": ["a"]},
    "a json node of a list": value([1]),
    "a json node that is none": node("JsonNode", "builtins.str", content=3, is_json=True),
    "broken json in a node": node("JsonNode", "builtins.str", content="{", is_json=True),
    "deep json in a node": node("JsonNode", "builtins.str", content="[" * 100_000, is_json=True),
    "a number of a million digits": node(
        "JsonNode", "builtins.str", content="9" * 1_000_000, is_json=True
    ),
    "an entry too many": {**value(1), "__reduce__": {}},
    "an entry too few": node("ListNode", "builtins.list"),
    "a list of a dictionary": node("ListNode", "builtins.list", content={"a": value(1)}),
    "a dictionary of a list": node(
        "DictNode", "builtins.dict", key_types=listed(), content=[value(1)]
    ),
    "a dictionary with too few types": node(
        "DictNode", "builtins.dict", key_types=listed(), content={"a": value(1)}
    ),
    "keys made by a function": node(
        "DictNode",
        "builtins.dict",
        key_types=listed(node("FunctionNode", "numpy.exp")),
        content={"1": value(1)},
    ),
    "keys made by a value": node(
        "DictNode", "builtins.dict", key_types=listed(value("a")), content={"a": value(1)}
    ),
    "keys made by a string": node(
        "DictNode", "builtins.dict", key_types=value("a"), content={"a": value(1)}
    ),
    "an array that is not there": node("NdArrayNode", "numpy.ndarray", type="numpy", file="77.npy"),
    "an array that is the metadata": node(
        "NdArrayNode", "numpy.ndarray", type="numpy", file="metadata.json"
    ),
    "an array outside the file": node(
        "NdArrayNode", "numpy.ndarray", type="numpy", file="../../etc/passwd"
    ),
    "an array named by a list": node("NdArrayNode", "numpy.ndarray", type="numpy", file=["0.npy"]),
    "an array of another type": node("NdArrayNode", "numpy.ndarray", type="evil", file="0.npy"),
    "a matrix that is an array": node(
        "SparseMatrixNode", "scipy.sparse._csr.csr_matrix", type="scipy", file="0.npy"
    ),
    "a shape that is a word": node(
        "NdArrayNode", "numpy.ndarray", type="json", content=[], shape=value("a")
    ),
    "a slice of words": node(
        "SliceNode", "builtins.slice", content={"start": "a", "stop": None, "step": None}
    ),
    "a zone outside the zones": node(
        "ConstructorFromReduceNode",
        "zoneinfo.ZoneInfo",
        content=listed(value("../../etc/passwd"), kind="Tuple"),
    ),
    "a delta of words": node(
        "ConstructorFromReduceNode", "datetime.timedelta", content=listed(value("a"))
    ),
    "a reference to nothing": node("CachedNode", "builtins.list", __id__=99),
    "a reference to true": node("CachedNode", "builtins.list", __id__=True),
    "a reference to itself": {**listed(node("CachedNode", "builtins.list", __id__=9)), "__id__": 9},
    "a number used twice": listed({**listed(), "__id__": 9}, {**listed(), "__id__": 9}),
    "a number that is a word": {**listed(), "__id__": "a"},
}


@pytest.mark.parametrize("attribute", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_node_is_refused(attribute, whole, path):
    refused(path, with_attribute(whole, attribute))


@pytest.mark.parametrize("schema", [b"", b"{", b"null", b"[]", b"3", b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("member", ["schema_json", "metadata_json"])
def test_text_that_is_no_object_is_refused(member, schema, whole, path):
    refused(path, with_members(whole, **{member: schema}))


@pytest.mark.parametrize("protocol", [None, "2", True, -1, 10**6])
def test_a_protocol_that_skops_does_not_know_is_refused(protocol, whole, path):
    refused(path, with_schema(whole, lambda schema: {**schema, "protocol": protocol}), "protocol")


def test_a_deep_tree_is_refused(whole, path):
    tree = listed()
    for _ in range(200):
        tree = listed(tree)
    refused(path, with_attribute(whole, tree), "nested too deeply")


def test_a_tree_that_doubles_at_every_step_is_refused(whole, path):
    """A hundred small nodes that stand for 2^50: skops would never finish looking at them."""
    tree = {**listed(), "__id__": 100}
    for number in range(101, 150):
        again = node("CachedNode", "builtins.list", __id__=number - 1)
        tree = {**listed(tree, again), "__id__": number}
    refused(path, with_attribute(whole, tree), "too many nodes")


# -- arrays


def npy(header: str, body: bytes = b"", magic: bytes = b"\x93NUMPY\x01\x00") -> bytes:
    text = header.encode() + b"\n"
    return magic + len(text).to_bytes(2, "little") + text + body


HEADERS = {
    "ten terabytes": ("'<f8'", "False", "(1250000000000,)"),
    "more than there is": ("'<f8'", "False", "(5,)"),
    "less than there is": ("'<f8'", "False", "(3,)"),
    "nothing, a million million times": ("'<U0'", "False", "(1000000000000,)"),
    "empty rows without end": ("'<f8'", "False", "(1000000000000, 0)"),
    "a negative side": ("'<f8'", "False", "(-4,)"),
    "objects": ("'|O'", "False", "(4,)"),
    "a structure": ("[('a', '<f8')]", "False", "(4,)"),
    "void": ("'|V8'", "False", "(4,)"),
    "complex numbers": ("'<c16'", "False", "(2,)"),
    "a dtype that does not exist": ("'<f7'", "False", "(4,)"),
    "an order that is no truth value": ("'<f8'", "1", "(4,)"),
    "a call": ("'<f8'", "False", "(print(4),)"),
    "a nest": ("'<f8'", "False", "(" * 9000),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_an_array_header_is_not_believed(header, whole, path):
    descr, order, shape = header
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    refused(path, with_members(whole, **{"0_npy": npy(text, bytes(32))}))


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff", b"PK\x03\x04"])
def test_an_array_without_a_header_is_refused(data, whole, path):
    refused(path, with_members(whole, **{"0_npy": data}), "header")


def test_values_that_are_none_are_refused(whole, path):
    form = "{{'descr': '{}', 'fortran_order': False, 'shape': (1,), }}"
    truth = npy(form.format("|b1"), b"\x02")
    refused(path, with_members(whole, **{"0_npy": truth}), "neither 0 nor 1")
    letter = npy(form.format("<U1"), b"\xff\xff\xff\xff")
    refused(path, with_members(whole, **{"0_npy": letter}), "characters that do not exist")


def stored(matrix: Any, compressed: bool = False, **changes: Any) -> bytes:
    """Return the .npz of a matrix, members of it changed."""
    buffer = io.BytesIO()
    sp.save_npz(buffer, matrix, compressed=False)
    arrays = {**np.load(io.BytesIO(buffer.getvalue())), **changes}
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, **arrays)
    return buffer.getvalue()


MATRIX = sp.csr_matrix(np.eye(3, 4))
MATRICES = {
    "columns out of bounds": stored(MATRIX, indices=np.array([0, 1, 10**6], np.int32)),
    "columns before the first": stored(MATRIX, indices=np.array([0, 1, -5], np.int32)),
    "rows that go back": stored(MATRIX, indptr=np.array([0, 5, 2, 3], np.int32)),
    "rows past the end": stored(MATRIX, indptr=np.array([0, 1, 2, 99], np.int32)),
    "a shape too small": stored(MATRIX, shape=np.array([3, 1])),
    "another format": stored(sp.csc_matrix(np.eye(3, 4))),
    "a format that does not exist": stored(MATRIX, format=np.array(b"evil")),
    "a member too many": stored(MATRIX, evil=np.zeros(1)),
    "compression": stored(MATRIX, compressed=True),
    "no archive": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("data", MATRICES.values(), ids=MATRICES)
def test_a_sparse_matrix_that_is_none_is_refused(data, path):
    save(SoftmaxRegression().fit(X, Y).sparsify(), path)
    members = open_sealed(path.read_bytes())
    name = next(name for name in members if name.endswith(".npz"))
    refused(path, sealed({**members, name: data}))


# -- the archive


def resealed(archive: bytes) -> bytes:
    """Seal an archive made by hand, whose comment has room for the seal."""
    import hashlib

    end = len(archive) - zipped._SEAL_SIZE
    digest = hashlib.sha256(archive[:end]).hexdigest().encode()
    return archive[:end] + zipped._SEAL + digest


def archived(*members: tuple[Any, bytes], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members:
            archive.writestr(name, data, **options)
        archive.comment = bytes(zipped._SEAL_SIZE)
    return resealed(buffer.getvalue())


@pytest.mark.parametrize("name", ["../evil.npy", "/etc/passwd", "a/0.npy", "evil.py", "0.npy "])
def test_a_member_with_another_name_is_refused(name, whole, path):
    members = {**open_sealed(whole), name: b""}
    refused(path, archived(*members.items()), "no place in it")


def test_a_name_that_zip_readers_cut_short_is_refused(whole, path):
    archive = archived(*open_sealed(whole).items(), ("9.npy!evil", b""))
    refused(path, resealed(archive.replace(b"9.npy!evil", b"9.npy\0evil")), "no place in it")


def test_a_member_that_nothing_uses_is_refused(whole, path):
    refused(path, with_members(whole, **{"999_npy": b"hidden"}), r"nothing uses: 999\.npy")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused(whole, path):
    members = open_sealed(whole)
    twice = [*members.items(), ("schema.json", b"{}")]
    refused(path, archived(*twice), "twice")


@pytest.mark.parametrize("missing", ["schema.json", "metadata.json", "0.npy"])
def test_a_member_that_is_missing_is_named(missing, whole, path):
    members = open_sealed(whole)
    del members[missing]
    refused(path, sealed(members), missing)


def test_a_bomb_of_text_is_not_unpacked(whole, path):
    bomb = b" " * 2**25
    assert len(with_members(whole, schema_json=bomb)) < 100_000
    refused(path, with_members(whole, schema_json=bomb), "would swell")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compressed_array_is_refused(method, whole, path):
    members = open_sealed(whole)
    refused(path, archived(*members.items(), compress_type=method), "compressed")


def test_an_encrypted_member_is_refused(whole, path):
    data = bytearray(archived(*open_sealed(whole).items()))
    at = data.index(b"PK\x01\x02") + 8
    data[at] |= 1
    refused(path, resealed(bytes(data)), "encrypted")


def test_members_that_overlap_are_refused(whole, path):
    """Say that one array is as long as the file: its neighbours' bytes would count twice."""
    data = bytearray(archived(*open_sealed(whole).items()))
    at = data.rindex(b"PK\x01\x02")
    data[at + 20 : at + 28] = len(data).to_bytes(4, "little") * 2
    refused(path, resealed(bytes(data)), "overlap")


def test_a_wrong_checksum_of_a_member_is_an_error(whole, path):
    data = bytearray(archived(*open_sealed(whole).items()))
    at = data.index(b"\x93NUMPY")
    data[at + 1] ^= 1
    refused(path, resealed(bytes(data)), "CRC")


# -- parts that do not fit each other


def put_together(path: Path, model: Any) -> None:
    """Write a model as `save` would, without asking whether it is sound."""
    header = {"format_version": 1, "softlearn_version": "0", "versions": {}, "metadata": {}}
    path.write_bytes(
        sealed({"metadata.json": json.dumps(header).encode(), **files._members(model)})
    )


BROKEN = {
    "coef_ too short": {"coef_": np.zeros((2, 4))},
    "coef_ too narrow": {"coef_": np.zeros((3, 2))},
    "coef_ of whole numbers": {"coef_": np.zeros((3, 4), dtype=int)},
    "coef_ not a number": {"coef_": np.full((3, 4), np.nan)},
    "coef_ infinite": {"coef_": np.full((3, 4), np.inf)},
    "coef_ no array": {"coef_": "weights"},
    "coef_ sparse and infinite": {"coef_": sp.csr_matrix(np.full((3, 4), np.inf))},
    "intercept_ too long": {"intercept_": np.zeros(4)},
    "intercept_ not a number": {"intercept_": np.full(3, np.nan)},
    "one class": {"classes_": np.array([1])},
    "twins": {"classes_": np.array([1, 1, 2])},
    "too many classes": {"classes_": np.arange(9)},
    "classes_ no list": {"classes_": 3},
    "features no number": {"n_features_in_": "four"},
    "names too few": {"feature_names_in_": np.array(["a"], dtype=object)},
    "a status of no meaning": {"_status": "FINE"},
    "a trace of another form": {"_trace": np.zeros((3, 2))},
    "a gap that is a word": {"gap_": "small"},
    "a memory of partial_fit that is a word": {"_memory": "state"},
    "threads that are no number": {"n_jobs": 1e300},
    "a weight of rows that is a word": {"_weight": "heavy"},
}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
def test_an_incoherent_model_is_refused(changes, path):
    model = SoftmaxRegression().fit(X, Y)
    vars(model).update(changes)
    put_together(path, model)
    refused(path, path.read_bytes(), "do not fit each other|not a sound model")


def test_a_model_without_its_attributes_is_refused(path):
    model = SoftmaxRegression().fit(X, Y)
    del model.classes_
    put_together(path, model)
    refused(path, path.read_bytes(), "classes_")


@pytest.mark.parametrize("memory", [np.zeros((3, 3)), np.zeros((3, 2, 2))])
def test_an_incoherent_memory_of_partial_fit_is_refused(memory, path):
    model = SoftmaxRegression().partial_fit(X, Y, classes=[0, 1, 2])
    model._memory = memory
    put_together(path, model)
    refused(path, path.read_bytes(), "partial_fit")


def test_no_more_processes_are_started_than_there_are_cores(path):
    model = make_pipeline(make_union(StandardScaler()), SoftmaxRegression(n_jobs=-1))
    model.fit(X, Y)[0].set_params(n_jobs=10**6)
    save(model, path)
    back = load(path)
    assert back[0].n_jobs == os.cpu_count()
    assert back[1].n_jobs == -1


@pytest.mark.parametrize("model", [StandardScaler().fit(X), ["model"], {"model": 1}])
def test_what_is_no_softmax_regression_is_refused(model, path):
    put_together(path, model)
    refused(path, path.read_bytes(), "not a SoftmaxRegression")


@pytest.mark.parametrize("columns", [[0, 10**9], [0, -7], [1, 1], [0, "1"]])
def test_words_with_columns_out_of_bounds_are_refused(columns, path):
    model = make_pipeline(CountVectorizer(), SoftmaxRegression())
    model.fit(["red", "blue", "red blue"], [0, 1, 2])
    model[0].vocabulary_ = dict(zip(["red", "blue"], columns, strict=True))
    put_together(path, model)
    refused(path, path.read_bytes(), "vocabulary")


@pytest.mark.parametrize("n", [0, -1, 2**40, "many"])
def test_hashing_into_impossible_columns_is_refused(n, path):
    model = make_pipeline(HashingVectorizer(n_features=8), SoftmaxRegression())
    model.fit(["red", "blue", "red blue"], [0, 1, 2])
    model[0].n_features = n
    put_together(path, model)
    refused(path, path.read_bytes(), "HashingVectorizer")


ENCODERS = {
    "fewer columns than categories": {"_n_features_outs": [1]},
    "columns of another kind": {"_n_features_outs": (3,)},
    "more categories than columns": {"categories_": [np.arange(10_000.0)]},
    "categories out of order": {"categories_": [np.array([2.0, 1.0, 0.0])]},
    "categories with holes": {"categories_": [np.array([0.0, np.nan, 1.0])]},
    "categories that are no array": {"categories_": ["abc"]},
    "a drop out of bounds": {"_drop_idx_after_grouping": np.array([7], dtype=object)},
    "a drop before the first": {"_drop_idx_after_grouping": np.array([-1], dtype=object)},
    "groups out of bounds": {
        "_infrequent_enabled": True,
        "_default_to_infrequent_mappings": [np.array([0, 1, 99])],
    },
    "groups before the first": {
        "_infrequent_enabled": True,
        "_default_to_infrequent_mappings": [np.array([0, 2, -9])],
    },
    "too few groups": {"_infrequent_enabled": True, "_default_to_infrequent_mappings": []},
}


@pytest.mark.parametrize("changes", ENCODERS.values(), ids=ENCODERS)
def test_categories_with_columns_out_of_bounds_are_refused(changes, path):
    model = make_pipeline(OneHotEncoder(), SoftmaxRegression())
    model.fit(np.arange(6.0)[:, None] % 3, np.arange(6) % 3)
    vars(model[0]).update(changes)
    put_together(path, model)
    refused(path, path.read_bytes(), "do not fit each other|not a sound model")


def test_a_cache_of_pickles_is_refused(path):
    model = make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y)
    put_together(path, model.set_params(memory=str(path.parent)))
    refused(path, path.read_bytes(), "memory")
