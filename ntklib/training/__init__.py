"""Training: gradient descent with the trajectory that theorems talk about, least squares to full precision."""

from ntklib.training.antisymmetric import AntisymmetricNetwork
from ntklib.training.descent import Trajectory, gradient_descent
from ntklib.training.least_squares import LeastSquares, least_squares
from ntklib.training.loop import logistic_loss, squared_loss
from ntklib.training.observers import jacobian_observer

__all__ = [
    "AntisymmetricNetwork",
    "LeastSquares",
    "Trajectory",
    "gradient_descent",
    "jacobian_observer",
    "least_squares",
    "logistic_loss",
    "squared_loss",
]
