"""The media types that requests and responses use, and the number formats of safetensors responses."""

from typing import Literal

from model.preprocess.decode import FORMATS

JSON = "application/json"
PROBLEM = "application/problem+json"
SAFETENSORS = "application/vnd.safetensors"
IMAGES = tuple(f"image/{name.lower()}" for name in FORMATS)
FORM = "multipart/form-data"

DType = Literal["float32", "float16", "uint8"]
