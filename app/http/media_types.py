"""The media types that requests and responses use."""

JSON = "application/json"
PROBLEM = "application/problem+json"
SAFETENSORS = "application/vnd.safetensors"
IMAGES = ("image/png", "image/jpeg", "image/webp")
FORM = "multipart/form-data"
