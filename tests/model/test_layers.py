"""The table of layers agrees with the shapes of the weights and with the lesson's formulas."""

from model import checkpoint
from model.layers import LAYERS, PARAMETERS


def test_the_parameters_and_formulas_of_the_layers_agree_with_the_weights() -> None:
    shipped = checkpoint.read(checkpoint.SHIPPED)
    counted = {
        layer.name: sum(v.size for k, v in shipped.tensors.items() if k.startswith(f"{layer.module}."))
        for layer in LAYERS
    }
    assert {layer.name: layer.parameters for layer in LAYERS} == counted
    assert sum(counted.values()) == 225_034
    assert {key: value.shape for key, value in shipped.tensors.items()} == PARAMETERS
    formulas = [layer.formula for layer in LAYERS if layer.formula]
    assert formulas == [
        "(28 − 3 + 2·0)/1 + 1 = 26",
        "(26 − 2 + 2·0)/2 + 1 = 13",
        "(13 − 3 + 2·0)/1 + 1 = 11",
        "⌊(11 − 2 + 2·0)/2⌋ + 1 = 5",
    ]
