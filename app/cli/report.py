"""The tables that `inkling evaluate` prints. The model cards quote them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.evaluation.accuracy import Evaluation
    from model.evaluation.human_drawings import DigitsResult, DrawingsReport, NonDigitsResult
    from model.evaluation.robustness import Curve
    from model.evaluation.stress import Altered, NonDigits


def report(result: "Evaluation", mistakes: int, temperature: float) -> str:
    """The results on MNIST's test images: loss, accuracy, a table of the digits, confusions, mistakes, reliability."""
    confusion = result.confusion
    lines = [
        f"Test set: Average loss: {result.loss:.4f}, Accuracy: {result.correct}/{result.total} ({result.accuracy:.2%})",
        "",
        "digit    images     correct    recall            precision",
    ]
    for digit, (images, correct, recall, precision) in enumerate(classes(confusion)):
        lines.append(f"{digit:>5}  {images:>8}  {correct:>10}  {recall:>8.2%}  {precision:>19.2%}")
    lines += ["", "Confusion matrix: a row for each digit, a column for each prediction"]
    lines.append("     " + "".join(f"{digit:>6}" for digit in range(len(confusion))))
    lines += [f"{digit:>5}" + "".join(f"{count:>6}" for count in row) for digit, row in enumerate(confusion)]
    lines += ["", "The most confident mistakes"]
    lines += [
        f"  test image {mistake.index:>4}: {'an' if mistake.label == 8 else 'a'} {mistake.label}, "
        f"predicted as {mistake.answer} with {mistake.confidence:.2%}"
        for mistake in result.mistakes(mistakes)
    ]
    return "\n".join([*lines, *_reliability(result, temperature)])


def _reliability(result: "Evaluation", temperature: float) -> list[str]:
    bins = result.reliability
    softmax = "softmax(logits)" if temperature == 1 else f"softmax(logits / {temperature:g})"
    calibrated = [] if temperature == 1 else ["", f"Average loss of {softmax}: {result.calibrated_loss:.4f}"]
    return [
        *calibrated,
        "",
        f"How reliable the confidence is: expected calibration error {result.calibration_error:.4f} "
        f"({len(bins)} bins of {softmax})",
        "confidence         images  mean confidence     correct",
        *(
            f"{each.low:>6.1%} – {each.high:>6.1%}  {each.count:>8}  {each.confidence:>15.2%}  {each.accuracy:>10.2%}"
            for each in bins
            if each.confidence is not None and each.accuracy is not None
        ),
    ]


def limits(altered: "list[Altered]", non_digits: "list[NonDigits]") -> str:
    """Two tables: accuracy on altered digits, and predictions for images that are not digits."""
    lines = ["", f"{'The test digits':<30}     correct  wrong with ≥ 90 % confidence"]
    lines += [f"{row.name:<30}  {row.accuracy:>10.2%}  {row.sure_and_wrong:>28.2%}" for row in altered]
    lines += ["", f"{'Not digits':<30}    images  called a digit with ≥ 90 %  mean confidence  most often"]
    lines += [
        f"{row.name:<30}  {row.pictures:>8}  {row.sure:>25.1%}  {row.confidence:>15.1%}  {row.answer:>10}"
        for row in non_digits
    ]
    return "\n".join(lines)


def curves(results: "list[Curve]") -> str:
    """A table for each kind of alteration: the accuracy and the mean confidence at each of its strengths."""
    lines = ["", "Accuracy on altered test digits"]
    for curve in results:
        lines.append(f"{f'{curve.name}, {curve.unit}':<18}" + "".join(f"{p.strength:>8g}" for p in curve.points))
        lines.append(f"{'  correct':<18}" + "".join(f"{p.accuracy:>8.1%}" for p in curve.points))
        lines.append(f"{'  mean confidence':<18}" + "".join(f"{p.confidence:>8.1%}" for p in curve.points))
    return "\n".join(lines)


def drawings(results: "DrawingsReport") -> str:
    """Two tables of results on people's drawings: digits, and drawings that are not digits."""
    return "\n".join([*_digits(results.digits), *_others(results.others)])


def _digits(rows: "tuple[DigitsResult, ...]") -> list[str]:
    if not rows:
        return []
    width = max(len("Digits"), *(len(row.file) for row in rows))
    return [
        "",
        f"{'Digits':<{width}}  {'drawn':<21}  {'as':<7}  drawings  writers     correct     ECE  wrong with ≥ 90 %  "
        "refused  unsure",
        *(
            f"{row.file:<{width}}  {row.placement:<21}  {row.way:<7}  {row.drawings:>8}  {row.writers:>7}  "
            f"{row.accuracy:>10.2%}  {row.calibration_error:>6.4f}  {row.sure_and_wrong:>17.2%}  "
            f"{row.refused:>7.2%}  {row.unsure:>6.2%}"
            for row in rows
        ),
    ]


def _others(rows: "tuple[NonDigitsResult, ...]") -> list[str]:
    if not rows:
        return []
    width = max(len("Not digits"), *(len(row.file) for row in rows))
    return [
        "",
        f"{'Not digits':<{width}}  {'as':<7}  drawings  writers  called a digit with ≥ 90 %  refused  unsure  "
        "mean confidence  AUROC: confidence  familiarity",
        *(
            f"{row.file:<{width}}  {row.way:<7}  {row.drawings:>8}  {row.writers:>7}  {row.sure:>26.1%}  "
            f"{row.refused:>7.1%}  {row.unsure:>6.1%}  {row.confidence:>15.1%}  "
            f"{_auroc(row.auroc_confidence):>17}  {_auroc(row.auroc_familiarity):>11}"
            for row in rows
        ),
    ]


def _auroc(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def classes(confusion: Any) -> list[tuple[int, int, float, float]]:
    """For each digit: the number of images, the number of correct predictions, the recall and the precision."""
    rows = []
    for digit, row in enumerate(confusion):
        correct, images, predictions = int(row[digit]), int(row.sum()), int(confusion[:, digit].sum())
        rows.append((images, correct, correct / max(1, images), correct / max(1, predictions)))
    return rows
