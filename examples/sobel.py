"""Applies a Sobel filter to an image with one vertical edge: `python examples/sobel.py` prints the result.

It also draws both arrays into sobel.png, or into another file: `python examples/sobel.py FILE`. The image is on the
left, the result on the right. In the result, 0 is white, negative values are blue and positive values are orange.
"""

import sys

import numpy as np
from PIL import Image

image = np.array([[10, 10, 10, 100, 100, 100]] * 6)  # dark on the left, light on the right

sobel = np.array(
    [
        [1, 0, -1],
        [2, 0, -2],
        [1, 0, -1],
    ]
)

# Compute the cross-correlation, as a convolutional layer does: the filter is not flipped.
# Output size: (W_in - F + 2P)/S + 1 = (6 - 3 + 2*0)/1 + 1 = 4
size = len(image) - len(sobel) + 1
result = np.zeros((size, size), dtype=int)
for row in range(size):
    for column in range(size):
        window = image[row : row + 3, column : column + 3]
        result[row, column] = np.sum(window * sobel)

print("Image:", image, "Filter:", sobel, "Result:", result, sep="\n")

# Draw both arrays. Where there is no edge, the result is 0. At the edge, the result is -360: from left to right, this
# filter gives negative numbers for a change from dark to light and positive numbers for a change from light to dark.
share = np.abs(result) / np.abs(result).max()
colour = np.where(result[..., None] < 0, (35, 90, 190), (230, 120, 20))
colours = 255 - share[..., None] * (255 - colour)

grey = np.repeat(image[..., None], 3, axis=2)
sheet = np.full((6, 11, 3), 255)
sheet[:, :6] = grey
sheet[1:5, 7:11] = colours
file = sys.argv[1] if len(sys.argv) > 1 else "sobel.png"
Image.fromarray(sheet.astype(np.uint8)).resize((440, 240), Image.Resampling.NEAREST).save(file)
print("Drawn:", file)
