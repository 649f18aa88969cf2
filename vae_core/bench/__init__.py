"""Speed, measured beside a plain PyTorch loop, a jitted JAX loop and bare matrix products in one run."""
