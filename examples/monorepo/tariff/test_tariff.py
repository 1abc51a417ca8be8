import pytest
import tariff


@pytest.mark.parametrize(
    "kg, zone, cents",
    [
        (0.2, "home", 400),
        (1, "home", 400),
        (1.1, "home", 460),
        (2, "home", 460),
        (40, "far", 1900 + 39 * 450),
    ],
)
def test_every_begun_kilogram_costs(kg, zone, cents):
    assert tariff.cents(kg, zone) == cents


@pytest.mark.parametrize("kg, zone", [(0, "home"), (40.1, "home"), (1, "moon")])
def test_what_cannot_be_carried_has_no_price(kg, zone):
    with pytest.raises(ValueError):
        tariff.cents(kg, zone)


def test_quotes_keep_the_order_asked_for():
    assert [q["zone"] for q in tariff.quotes(1, ["far", "home"])] == ["far", "home"]
