"""The media types that requests and responses use, and the number formats of safetensors responses."""

from typing import Literal

JSON = "application/json"
PROBLEM = "application/problem+json"
SAFETENSORS = "application/vnd.safetensors"
IMAGES = ("image/png", "image/jpeg", "image/webp")
FORM = "multipart/form-data"

DType = Literal["float32", "float16", "uint8"]
