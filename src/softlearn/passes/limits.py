"""The thresholds by which `choose` selects fast paths."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..execution.cores import cores

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """When a fast path pays.  All were measured; docs/performance.md says how."""

    many_classes: int = 1000
    """With this many classes no array has an entry for each row and each class."""
    kept_logits: int = 1 << 27
    """Bytes of logits that a point always keeps; a quarter of X is kept in any case."""
    small_hessian: float = 1e6
    """Multiplications to assemble a Hessian: up to this (a millisecond) it is solved directly."""
    blas_classes: int = 256
    """With more classes BLAS computes the products of dense X."""
    block_bytes: int = 1 << 20
    """Bytes of dense X in a block that is read twice, the second time from the cache."""
    block_logits: int = 1 << 22
    """Bytes of logits in a block, at most."""
    block_work: int = 1 << 20
    """Multiplications in a block: with this many, handing it to a thread costs little."""
    dense_blocks: int = 32
    """Blocks for kernels that manage the cache themselves: enough for many threads."""
    fewest_rows: int = 512
    """Rows of a block of many classes: each block has a gradient, as long as that of all rows."""
    feature_ranges: int = 16
    """Ranges of features, or blocks, where sums are made feature by feature."""
    disk_block: int = 1 << 22
    """Bytes of X in a block that is read from disk."""
    device_block: int = 1 << 28
    """Bytes of a block in the memory of a device, with what is computed of it (not measured),"""
    host_block: int = 1 << 23
    """and where PyTorch computes in the memory of the host."""
    transposed_bytes: int = 1 << 30
    """Bytes of X, at most, for a transposed copy."""
    batch_bytes: int = 1 << 26
    """Bytes of a network's activations in a mini-batch that is one block."""
    cores: int = field(default_factory=cores)
    """Blocks of sparse rows, at most, each of which has a gradient of its own."""
