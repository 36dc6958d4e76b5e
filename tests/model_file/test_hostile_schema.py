"""A file may name only the types on the list, in their own roles: nothing else runs."""

from __future__ import annotations

import pytest
from forging import listed, mapped, node, refused, value, with_attribute, with_members, with_schema

from softlearn import ModelFileError, load

FORBIDDEN = {
    "os.system by TypeNode": node("TypeNode", "os.system"),
    "eval by FunctionNode": node("FunctionNode", "builtins.eval"),
    "a numpy function that loads pickles": node("FunctionNode", "numpy.load"),
    "a function of SciPy": node("FunctionNode", "scipy.special.expit"),
    "another estimator": node(
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


def test_nothing_is_built_where_something_is_not_on_the_list(whole, path, monkeypatch):
    from softlearn.model_file import decode

    def built(*_, **__):
        raise AssertionError("something was built")

    monkeypatch.setattr(decode, "decoded", built)
    refused(path, with_attribute(whole, node("TypeNode", "os.system")), r"it holds os\.system")


def test_messages_do_not_repeat_what_would_move_the_cursor(whole, path):
    path.write_bytes(with_attribute(whole, node("TypeNode", "os.\x1b[2J" + "x" * 10_000)))
    with pytest.raises(ModelFileError, match=r"it holds os\.\\x1b\[2Jx+") as raised:
        load(path)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize(
    "name", ["osx.system", "softlearn.features.images.ImageReader.fit", ".", ""]
)
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


@pytest.mark.parametrize("protocol", [None, "2", True, -1, 1, 10**6])
def test_a_protocol_that_is_not_known_is_refused(protocol, whole, path):
    refused(path, with_schema(whole, lambda schema: {**schema, "protocol": protocol}), "protocol")


def test_a_deep_tree_is_refused(whole, path):
    tree = listed()
    for _ in range(200):
        tree = listed(tree)
    refused(path, with_attribute(whole, tree), "nested too deeply")


def test_a_tree_that_doubles_at_every_step_is_refused(whole, path):
    """A hundred small nodes that stand for 2^50: nobody would ever finish looking at them."""
    tree = {**listed(), "__id__": 100}
    for number in range(101, 150):
        again = node("CachedNode", "builtins.list", __id__=number - 1)
        tree = {**listed(tree, again), "__id__": number}
    refused(path, with_attribute(whole, tree), "too many nodes")
