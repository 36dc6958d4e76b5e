"""The sets that come with scikit-learn and with softlearn's tests."""

from benchopt import BaseDataset

from benchmark_utils.yardstick import encoded, sets


class Dataset(BaseDataset):
    """Small sets; nothing is fetched and nothing scaled."""

    name = "bundled"
    parameters = {"set": ["iris", "digits", "wine", "hsbdemo"]}
    test_config = {"set": "iris"}
    requirements = ["scikit-learn", "pandas"]

    def get_data(self):
        return encoded(*sets.small(self.set))
