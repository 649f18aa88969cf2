"""A trained decoder as an ONNX file, which other programs run without PyTorch."""

from vae_core.onnx.decoder import decoder_onnx

__all__ = ["decoder_onnx"]
