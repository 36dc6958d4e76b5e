"""Models in the formats of other programs: ONNX.

>>> from sklearn.datasets import load_iris
>>> from softlearn import SoftmaxRegression, export
>>> X, y = load_iris(return_X_y=True)
>>> made = export.onnx(SoftmaxRegression().fit(X, y), X)
>>> made.save("iris.onnx")  # doctest: +SKIP
>>> print(made.largest_difference < 1e-14, made.other_labels)
True 0

"""

from .to_onnx import OnnxExport, onnx, register

__all__ = ["OnnxExport", "onnx", "register"]
