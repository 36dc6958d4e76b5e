"""Features like a network's, with a power-law spectrum."""

from benchopt import BaseDataset

from benchmark_utils.yardstick import encoded, sets


class Dataset(BaseDataset):
    """See benchmarks/cases/datasets.py: `embeddings`."""

    name = "embeddings"
    parameters = {
        "n, d, classes": [(20_000, 256, 10)],
        "exponent": [1.0],
        "label_noise": [0.05],
        "seed": [0],
    }
    test_config = {"n, d, classes": (300, 8, 3)}
    requirements = ["numpy"]

    def get_data(self):
        shape = (self.n, self.d, self.classes)
        return encoded(*sets.embeddings(*shape, self.exponent, self.label_noise, self.seed))
