"""What leaves the app as a file or as text: runs, their code, and walks through latent space."""

from pages.exports.pictures import animated_gif, animated_webp, png_strips
from pages.exports.runs import as_python, run_zip, zip_folder
from pages.exports.walks import walk_as_python, walk_csv

__all__ = [
    "animated_gif",
    "animated_webp",
    "as_python",
    "png_strips",
    "run_zip",
    "walk_as_python",
    "walk_csv",
    "zip_folder",
]
