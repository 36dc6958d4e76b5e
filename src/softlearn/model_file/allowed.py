"""What may be in a model file: exact names, no prefixes, nothing that the file itself lists.

To let a transformer be saved, add its type to `OBJECTS` after asking: can any attributes, chosen
by an enemy, make it run a function, open a file, or index memory out of bounds when it transforms?
The last needs a check in `coherence.py`.
"""

from __future__ import annotations

__all__ = ["CONSTRUCTORS", "DICTS", "FUNCTIONS", "OBJECTS", "SCALARS", "TYPES"]

_SOFTLEARN = {
    "softlearn.decide.calibration.CalibratedSoftmax",
    "softlearn.decide.conformal.ConformalSets",
    "softlearn.decide.decision.DecisionClassifier",
    "softlearn.decide.none_of_these.NoneOfThese",
    "softlearn.features.images.ImageReader",
    "softlearn.features.text.TextColumn",
    "softlearn.estimators.regression.cv.SoftmaxRegressionCV",
    "softlearn.estimators.network.softmax_network.SoftmaxNetwork",
    "softlearn.estimators.regression.softmax_regression.SoftmaxRegression",
    "softlearn.solve.gradient_descent.GradientDescent",
    "softlearn.solve.lbfgs.LBFGS",
    "softlearn.solve.newton.Newton",
    "softlearn.solve.proximal_newton.ProximalNewton",
    *(f"softlearn.solve.rules.{name}" for name in ("Adam", "AdamW", "Momentum", "RMSprop")),
    *(
        f"softlearn.solve.schedules.{name}"
        for name in ("Constant", "Cosine", "Exponential", "InverseTime", "StepDecay", "WarmUp")
    ),
    "softlearn.solve.stochastic.Stochastic",
}

_SKLEARN = {
    "sklearn.compose._column_transformer.ColumnTransformer",
    "sklearn.decomposition._pca.PCA",
    "sklearn.decomposition._truncated_svd.TruncatedSVD",
    "sklearn.feature_extraction.text.CountVectorizer",
    "sklearn.feature_extraction.text.HashingVectorizer",
    "sklearn.feature_extraction.text.TfidfTransformer",
    "sklearn.feature_extraction.text.TfidfVectorizer",
    "sklearn.feature_selection._variance_threshold.VarianceThreshold",
    "sklearn.impute._base.MissingIndicator",
    "sklearn.impute._base.SimpleImputer",
    *(
        f"sklearn.model_selection._split.{name}"
        for name in (
            *("GroupKFold", "KFold", "LeaveOneGroupOut", "LeaveOneOut", "PredefinedSplit"),
            *("ShuffleSplit", "StratifiedGroupKFold", "StratifiedKFold"),
            *("StratifiedShuffleSplit", "TimeSeriesSplit"),
        )
    ),
    "sklearn.pipeline.FeatureUnion",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.Binarizer",
    "sklearn.preprocessing._data.MaxAbsScaler",
    "sklearn.preprocessing._data.MinMaxScaler",
    "sklearn.preprocessing._data.Normalizer",
    "sklearn.preprocessing._data.PowerTransformer",
    "sklearn.preprocessing._data.QuantileTransformer",
    "sklearn.preprocessing._data.RobustScaler",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._encoders.OrdinalEncoder",
    "sklearn.preprocessing._function_transformer.FunctionTransformer",
}

_SKRUB = {
    "skrub._apply_to_each_col.ApplyToEachCol",
    "skrub._check_input.CheckInputDataFrame",
    "skrub._clean_categories.CleanCategories",
    "skrub._clean_null_strings.CleanNullStrings",
    "skrub._datetime_encoder.DatetimeEncoder",
    "skrub._drop_uninformative.DropUninformative",
    "skrub._duration_to_float.DurationToFloat",
    "skrub._minhash_encoder.MinHashEncoder",
    "skrub._squashing_scaler.SquashingScaler",
    "skrub._string_encoder.StringEncoder",
    "skrub._table_vectorizer.Cleaner",
    "skrub._table_vectorizer.PassThrough",
    "skrub._table_vectorizer.ShortReprDict",
    "skrub._table_vectorizer.TableVectorizer",
    "skrub._to_datetime.ToDatetime",
    "skrub._to_float.ToFloat",
    "skrub._to_str.ToStr",
    "skrub._utils.LRUDict",
    "skrub.selectors._base.All",
    "skrub.selectors._base.And",
    "skrub.selectors._base.Cols",
    "skrub.selectors._base.Filter",
    "skrub.selectors._base.Inv",
    "skrub.selectors._base.Or",
    "skrub.selectors._base.Sub",
    "skrub.selectors._base.XOr",
}

_FRAMES = {
    "pandas.DatetimeTZDtype",
    "polars.datatypes.classes.Date",
    "polars.datatypes.classes.Datetime",
    "polars.datatypes.classes.Duration",
}

OBJECTS = frozenset(_SOFTLEARN | _SKLEARN | _SKRUB | _FRAMES)
"""Made by `__new__`, without `__init__`; then their attributes are set."""

CONSTRUCTORS = frozenset({"datetime.timedelta", "datetime.timezone", "zoneinfo.ZoneInfo"})
"""Called with arguments from the file."""

DICTS = frozenset({"builtins.dict", "collections.OrderedDict"})

SCALARS = frozenset(
    f"numpy.{name}"
    for name in (
        "bool",
        *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
        *(f"float{bits}" for bits in (16, 32, 64)),
        "longlong",
        "ulonglong",
        "longdouble",
        "str_",
        "bytes_",
        "datetime64",
        "timedelta64",
    )
)

TYPES = SCALARS | {f"builtins.{name}" for name in ("bool", "float", "int", "str")}
"""May stand as values: the dtype of an encoder, the types of the keys of a dictionary."""

_SKRUB_PREDICATES = {
    "skrub._dataframe._common.is_any_date",
    "skrub._dataframe._common.is_categorical",
    "skrub._dataframe._common.is_numeric",
    "skrub._table_vectorizer._created_by_predicate",
    "skrub.selectors._selectors._cardinality_below",
}

FUNCTIONS = frozenset(
    _SKRUB_PREDICATES
    | {
        f"numpy.{name}"
        for name in (
            *("absolute", "cbrt", "exp", "expm1", "log", "log10", "log1p", "log2"),
            *("negative", "sign", "sqrt", "square", "tanh"),
        )
    }
)
"""May stand as values: the questions skrub asks of a column, and element-wise functions for
FunctionTransformer."""
