"""The six sets of points in the plane that the pictures of regions share."""

import numpy as np

EACH = 40  # points of a class


def blobs(centres, spread, seed):
    """Return round clouds around centres (C, 2), and the class of each point."""
    centres = np.asarray(centres, dtype=float)
    y = np.repeat(np.arange(len(centres)), EACH)
    return centres[y] + spread * np.random.default_rng(seed).normal(size=(len(y), 2)), y


def ring(C, radius, turn=0.0):
    """Return C centres on a circle."""
    angle = 2.0 * np.pi * (np.arange(C) + turn) / C
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def arms(C, bend, noise, seed):
    """Return C arms that leave the middle and bend by an angle until they end."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(C), EACH)
    r = rng.uniform(0.25, 2.2, size=len(y))
    angle = 2.0 * np.pi * y / C + bend * r / 2.2 + noise * rng.normal(size=len(y))
    return r[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), y


def rows(C, seed):
    """Return C bows, one above the other."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(C), EACH)
    x = rng.uniform(-2.2, 2.2, size=len(y))
    height = 1.4 * (y - (C - 1) / 2.0) + 0.35 * x**2 - 0.6 + 0.25 * rng.normal(size=len(y))
    return np.stack([x, height], axis=1), y


SIX = {
    "C = 3, clouds": blobs(ring(3, 1.5, turn=0.25), 0.6, seed=1),
    "C = 3, bows": rows(3, seed=2),
    "C = 3, arms": arms(3, bend=2.4, noise=0.16, seed=3),
    "C = 4, one in the middle": blobs([(0.0, 0.0), *ring(3, 2.0, turn=0.25)], 0.5, seed=4),
    "C = 5, arms": arms(5, bend=1.6, noise=0.11, seed=5),
    "C = 6, clouds": blobs(ring(6, 2.0), 0.55, seed=6),
}
"""{title: (X (n, 2), y (n,))}"""
