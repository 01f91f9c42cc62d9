"""The glossary: the terms that the pages use, each with one meaning. The pages link the first use of each to it."""

from dataclasses import dataclass

from model.layers import LAYERS, MEAN, SIDE, STD


@dataclass(frozen=True)
class Term:
    """A term and its definition. `slug` is the anchor on the page, and `forms` are the words that are linked to it.

    `also` lists other names, which the pages do not use. `formula` is HTML.
    """

    slug: str
    name: str
    definition: str
    forms: tuple[str, ...] = ()
    also: str = ""
    formula: str = ""

    @property
    def initial(self) -> str:
        """The first letter, upper case."""
        return self.name[0].upper()


def _term(name: str, definition: str, *forms: str, also: str = "", formula: str = "") -> Term:
    """A term whose forms are its name, its plural and `forms`."""
    plural = f"{name}es" if name.endswith(("s", "x", "ch")) else f"{name}s"
    return Term(name.lower().replace(" ", "-"), name, definition, (name, plural, *forms), also, formula)


_CHANNELS = next(layer.source[0] for layer in LAYERS if layer.name == "conv2")
_INDEX = "<sub>i, j</sub>"
_SUMS = "Σ<sub>u</sub> Σ<sub>v</sub>"
_WINDOW = "I<sub>i+u, j+v</sub>"

GLOSSARY: tuple[Term, ...] = (
    _term("accuracy", "The share of images that a network reads correctly."),
    _term(
        "Adam", "An update rule for training that adapts the size of each step to the past gradients of each weight."
    ),
    Term(
        "augmentation",
        "augmentation",
        "Changing training images at random, for example by shifting or rotating them, so that no two are the same.",
        ("augmentation", "augmented"),
    ),
    _term(
        "average pooling",
        "Like max pooling, but each window gives the mean of its numbers.",
        formula="P<sub>i, j</sub> = (1/F<sub>p</sub>²) Σ A<sub>i·S<sub>p</sub>+u, j·S<sub>p</sub>+v</sub>",
    ),
    _term("batch", "The images that go through the network together before the weights are changed once."),
    _term("bias", "A learned number that is added to a sum of products.", formula="b"),
    _term(
        "calibration",
        "Choosing the temperature so that, of all answers with a confidence of 90\u00a0%, about 90\u00a0% are correct.",
        "calibrated",
    ),
    _term("centre of mass", "The average position of the ink, weighted by the grey levels of the pixels."),
    _term(
        "channel",
        f"One of the maps in the input of a filter; a filter of the second convolution has {_CHANNELS} channels.",
    ),
    _term("class", "One of the possible answers: here, one of the ten digits.", formula="C = 10"),
    _term(
        "confidence",
        "The probability of the predicted digit, which says how sure the network is.",
    ),
    _term("confusion matrix", "A table that counts, for each true digit, how often each digit was the answer."),
    _term(
        "convolution",
        "A layer that slides filters over its input and gives one map for each filter; networks compute it as a "
        "cross-correlation.",
        "convolutional",
    ),
    _term(
        "convolutional neural network",
        "A network that uses convolutions, such as the one that Inkling shows.",
        "CNN",
        also="CNN",
    ),
    _term(
        "cosine",
        "A measure of how similar two filters are: 1 for the same pattern, 0 for nothing in common, −1 for opposites.",
        formula="cos(K, w) = Σ K·w / (|K| · |w|)",
    ),
    _term(
        "cross-correlation",
        "At each place of a filter, the sum of the products of its weights and the numbers under them.",
        formula=f"O{_INDEX} = b + {_SUMS} {_WINDOW} · K<sub>u, v</sub>",
    ),
    _term(
        "dense layer",
        "A layer in which each unit is connected to all numbers of the input.",
        "dense",
        also="fully connected layer",
        formula="O<sub>i</sub> = b<sub>i</sub> + Σ<sub>j</sub> w<sub>i, j</sub> · I<sub>j</sub>",
    ),
    _term("drawing", "What you draw on the pad: a list of strokes, from which an image is made."),
    _term("edge", "A place in an image where the brightness changes sharply."),
    _term("epoch", "One pass of the training through all training images."),
    _term(
        "exponential", "The number e ≈ 2.718 to the power of a number; it is always positive.", formula="e<sup>z</sup>"
    ),
    _term(
        "filter",
        "A small grid of learned weights that slides over the input and responds to one pattern.",
        also="kernel, from which the letter K comes",
        formula="K<sub>u, v</sub>",
    ),
    _term("flatten", "Writing all maps as one list of numbers: map by map, and row by row."),
    _term(
        "gradient", "How fast the loss grows when a weight grows; the gradient of a network has one for each weight."
    ),
    _term("grey level", "The brightness of a pixel, from 0 for black to 255 for white."),
    _term(
        "hyperparameter",
        "A number that people choose before the training, such as the size of the filters or the learning rate.",
    ),
    _term("image", f"A grid of pixels; the network gets an image of {SIDE} × {SIDE}."),
    _term("input", "The numbers that a layer, or the whole network, starts from.", formula="I"),
    _term("layer", "One step of the network, which turns its input into its output."),
    _term("learning rate", "The number that sets how large each training step is.", formula="η"),
    _term(
        "lesson", "The nine sections at /lesson, which explain a network for digits from the pixels to the training."
    ),
    _term("logit", "One of the ten numbers before softmax, one for each class.", formula="z<sub>i</sub>"),
    _term(
        "loss",
        "The number that training makes small: it is large if the correct digit gets a low probability.",
        formula="L = −(1/n) Σ ln p<sub>i</sub> for n images",
    ),
    _term(
        "map",
        "A grid of numbers: the output of one filter, or what later layers make of it.",
        also="feature map, as in the address /feature-maps",
    ),
    _term(
        "max pooling",
        "A layer that keeps only the largest number of each window.",
        "pooling",
        formula="P<sub>i, j</sub> = max<sub>0 ≤ u < F<sub>p</sub>, 0 ≤ v < F<sub>p</sub></sub> "
        "A<sub>i·S<sub>p</sub>+u, j·S<sub>p</sub>+v</sub>".replace(" < ", " &lt; "),
    ),
    Term(
        "mnist",
        "MNIST",
        "A collection of 70,000 images of handwritten digits: 60,000 to train a network, 10,000 to test it.",
        ("MNIST",),
    ),
    Term(
        "normalising",
        "normalising",
        "Changing grey levels so that MNIST’s mean becomes 0 and its standard deviation 1.",
        ("normalising", "normalised"),
        formula=f"(x/255 − {MEAN}) / {STD}",
    ),
    _term("output", "The numbers that a layer computes from its input.", formula=f"O{_INDEX}"),
    _term(
        "output size",
        "The width and the height of an output: the number of places where the filter fits.",
        formula="W<sub>out</sub> = (W<sub>in</sub> − F + 2P)/S + 1, H<sub>out</sub> = (H<sub>in</sub> − F + 2P)/S + 1",
    ),
    Term(
        "over-fitting",
        "over-fitting",
        "Learning the training images by heart: the network reads them better and better, but not new images.",
        ("over-fitting",),
    ),
    _term("padding", "Cells with zeros that are added on all sides of the input.", formula="P"),
    _term("parameter", "A number that training changes: a weight or a bias."),
    _term("pixel", "One cell of an image, with one grey level."),
    _term("prediction", "The answer of the network: the class with the highest probability."),
    _term("preprocessing", f"The steps that make an image of {SIDE} × {SIDE} pixels from a drawing or an upload."),
    Term(
        "probability",
        "probability",
        "A number from 0 to 1 for each class; the ten probabilities add up to 1.",
        ("probability", "probabilities"),
    ),
    Term(
        "relu",
        "ReLU",
        "A layer that turns every negative number into 0 and keeps all others.",
        ("ReLU",),
        formula="O = max(0, I)",
    ),
    Term(
        "set-of-weights",
        "set of weights",
        "All parameters of a trained network in one file; Inkling comes with the sets “robust” and “lesson”.",
        ("set of weights", "sets of weights"),
    ),
    Term(
        "sgd",
        "SGD",
        "The simplest update rule for training: from each weight, subtract the learning rate times its gradient.",
        ("SGD",),
        also="stochastic gradient descent",
        formula="w ← w − η · g",
    ),
    Term(
        "sobel-filter",
        "Sobel filter",
        "A filter with fixed weights that responds to edges of one direction.",
        ("Sobel filter", "Sobel’s filter", "Sobel"),
        formula="K = [1 0 −1; 2 0 −2; 1 0 −1]",
    ),
    _term(
        "softmax",
        "The last layer: it turns the logits into probabilities.",
        formula="σ(z)<sub>i</sub> = e<sup>z<sub>i</sub></sup> / Σ<sub>j = 1 … C</sub> e<sup>z<sub>j</sub></sup>",
    ),
    _term("stride", "The number of cells by which a filter or a window moves in one step.", formula="S"),
    _term(
        "temperature",
        "A number that divides all logits before softmax; above 1, it makes the probabilities more equal.",
        formula="σ(z/T)",
    ),
    _term("test image", "An image that was not used in training and shows how well a network reads new digits."),
    _term(
        "training", "Changing the parameters step by step until the network reads the training images well.", "trained"
    ),
    _term(
        "true convolution",
        "A cross-correlation with the filter turned by 180°, as mathematics defines convolution.",
        formula=f"O{_INDEX} = b + {_SUMS} {_WINDOW} · K<sub>F−1−u, F−1−v</sub>",
    ),
    _term(
        "unit", "One number in the output of a dense layer, with its own weights and its own bias.", also="neuron, node"
    ),
    _term("weight", "A learned number by which a number of the input is multiplied.", formula="w"),
    _term(
        "window",
        "The cells of the input that a filter or a pooling layer covers at one place.",
        formula="F × F cells, for pooling F<sub>p</sub> × F<sub>p</sub>",
    ),
)
FORMS: dict[str, str] = {form: term.slug for term in GLOSSARY for form in term.forms}
