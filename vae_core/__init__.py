"""VAE Lab's core: small variational autoencoders, trained fast and measured exactly.

The way of one x through the package: `data` gives images (B, D); `models` encodes them to q(z|x),
draws z = μ + σ ε and decodes it; `likelihoods` scores x under p(x|z); `divergences` gives the KL;
`objectives` joins both to the ELBO; `training` climbs it; `estimators` bound log p(x) from it.
Everything is in nats per image.
"""
