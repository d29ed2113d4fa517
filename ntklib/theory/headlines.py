"""The statements that the book stands for: the theorems of its four sources that it executes, and a dozen of its own.

Each of them is to be sharp, or to name a sharp companion: an extremal instance, or a limit in which both sides meet.
"""

HEADLINES = {
    "Nguyen, Mondelli, Montúfar 2021": (
        "nguyen-limit-upper",
        "nguyen-limit-lower",
        "nguyen-limit-probability",
        "nguyen-two-sided",
        "nguyen-two-sided-dimension",
        "nguyen-upper",
        "nguyen-feature-scaling",
        "nguyen-feature-chernoff",
        "nguyen-lipschitz-bound",
        "finite-difference-memorizer",
        "book-memorizer-rate",
    ),
    "Bombari, Amani, Mondelli 2022": (
        "bombari-block-scaling",
        "bombari-block-upper",
        "book-rank-all-columns",
        "book-memorizer-exact",
        "book-certificate-rate",
        "bombari-frontier",
        "bombari-figure-scaling",
    ),
    "Chen, Cao, Zou, Gu 2021": (
        "chen-competes",
        "chen-stays-near",
        "chen-sgd-bound",
        "chen-sufficient-radius",
        "chen-width-asked",
        "chen-xor-margin-network",
    ),
    "Terjék, González-Sánchez 2022 and 2025": (
        "book-composite-proof",
        "book-composite-pl",
        "terjek-lazy",
        "book-ratio-to-one",
        "terjek-learning-rate-transfer",
        "terjek-least-concentrates",
        "terjek-spectrum-shift",
        "depth-bulk-eigenvalue",
        "book-norm-bound",
    ),
    "The book": (
        "recursion-diagonal-moments",
        "book-tail-bound",
        "book-sharp-limit",
        "book-close-pair",
        "book-finite-sharp",
        "book-rank-relu",
        "book-block-deficit",
        "book-xor-margin-law",
        "book-linearization-worst",
        "book-catapult-convergence",
        "book-wide-hessian-exact",
        "book-error-sum",
        "book-fixed-features-ceiling",
    ),
}
"""Source -> ids of its headline claims."""
