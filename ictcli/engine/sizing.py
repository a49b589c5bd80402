"""How much to trade: a fraction of the balance by the distance to the stop."""

from ictcli.kernels import kernel

PARTS_PER_MILLION = 1_000_000


@kernel
def allowed_risk(balance: int, risk_ppm: int) -> int:
    """Minor units that one trade may lose: ``balance * risk_ppm / 10**6``, rounded down, without overflow."""
    whole = balance // 1_000_000
    rest = balance - whole * 1_000_000
    return whole * risk_ppm + rest * risk_ppm // 1_000_000


@kernel
def volume_steps(
    risk: int, distance: int, price: int, point_value: int, commission: int, denominator: int, by_price: int
) -> int:
    """Most volume steps whose loss at the stop, both commissions included, stays within ``risk``.

    Args:
        risk: minor units that may be lost.
        distance: points from the entry fill (spread and slippage paid) to the worst stop fill, above 0.
        price: the stop in points; converts the loss when ``by_price``.
        point_value: see ``money.Terms``.
        commission: see ``money.Terms``.
        denominator: see ``money.Terms``.
        by_price: see ``money.Terms``; 0 or 1.
    """
    loss = distance * point_value + 2 * commission
    scale = denominator * price if by_price != 0 else denominator
    limit = 4_611_686_018_427_387_904 // scale
    return min(risk, limit) * scale // loss
