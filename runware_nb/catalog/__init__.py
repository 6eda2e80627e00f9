"""The catalogue: which models there are, what each takes, what it costs. Data first, read lazily.

`current`, in `fetching`, is the one in force; `bundled` the one that came with the package.
"""

from runware_nb.catalog.finding import Models
from runware_nb.catalog.models import Catalog, Model, bundled

__all__ = ["Catalog", "Model", "Models", "bundled"]
