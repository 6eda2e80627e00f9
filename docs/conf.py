"""Sphinx's settings. `make docs` gathers the pages with `docs/gather.py` and builds them here."""

from __future__ import annotations

import runware_nb

project = "runware_nb"
release = version = runware_nb.__version__
project_copyright = "the runware_nb authors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

# Notebooks come with what the sandbox made of them: see docs/gather.py.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, object] = {}
nb_mime_priority_overrides = [("html", "text/html", 0)]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
napoleon_google_docstring = False
napoleon_use_rtype = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "runware_nb"
html_extra_path = ["media"]
html_static_path = ["static"]
html_css_files = ["cells.css"]
html_show_sphinx = False
exclude_patterns = ["media/**"]
default_role = "code"
# Results carry metadata that a page does not show, and a prompt is no Python.
suppress_warnings = ["mystnb.unknown_mime_type", "misc.highlighting_failure"]
