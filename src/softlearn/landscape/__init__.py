"""The landscape of a cost: kinds of points, curvatures, flat directions, and slices.

    classify(J, w)               minimum, maximum, saddle, plateau, or undecided
    spectrum(J, w, k=10)         the Hessian's extreme eigenvalues, and their density
    escape_direction(J, w)       the way out of a saddle
    critical_points(J, starts)   all kinds of them, from many starts
    slice1d, slice2d             values along lines and over planes
    PlateauWatch(J)              reports in training that it has stalled, and at what
    experiments                  how rare minima are, and how high saddles lie, measured
    surfaces                     costs whose critical points are known
    gradient_check(J, w)         whether a gradient is the derivative of its function

J is an objective or a plain function of w.  Of this library only the protocol is imported.
"""

from . import experiments, surfaces
from .classify import classify, escape_direction
from .critical import CriticalPoint, critical_points
from .differences import as_objective
from .gradient_check import GradientCheck, gradient_check
from .slices import Plane, filter_normalised, principal_plane, random_plane, slice1d, slice2d
from .spectrum import Spectrum, spectrum
from .symmetries import symmetries
from .units import in_units, unit_of
from .verdict import Kind, Verdict
from .watch import PlateauWatch

__all__ = [
    "CriticalPoint",
    "GradientCheck",
    "Kind",
    "Plane",
    "PlateauWatch",
    "Spectrum",
    "Verdict",
    "as_objective",
    "classify",
    "critical_points",
    "escape_direction",
    "experiments",
    "filter_normalised",
    "gradient_check",
    "in_units",
    "principal_plane",
    "random_plane",
    "slice1d",
    "slice2d",
    "spectrum",
    "surfaces",
    "symmetries",
    "unit_of",
]
