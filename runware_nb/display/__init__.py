"""Drawing: static MIME bundles of runs and results, and the live card of a run that goes on.

Importing this registers the drawings with `runware_nb.reprs`. How a medium is shown is one file each
(`previews`, `waveforms`, `posters`); the words of a card are in `cards`; its HTML in `templates/`, where
everything is escaped unless this package made it.
"""

from __future__ import annotations

from runware_nb.display.bundles import result_bundle, run_bundle
from runware_nb.display.comparisons import comparison_bundle
from runware_nb.display.histories import history_bundle
from runware_nb.display.live import LiveCard
from runware_nb.display.models import model_bundle, models_bundle
from runware_nb.display.quotes import quote_bundle
from runware_nb.display.rankings import ranking_bundle
from runware_nb.display.sheets import sheet_bundle
from runware_nb.display.totals import costs_bundle, reckoning_bundle

__all__ = [
    "LiveCard",
    "comparison_bundle",
    "costs_bundle",
    "history_bundle",
    "model_bundle",
    "models_bundle",
    "quote_bundle",
    "ranking_bundle",
    "reckoning_bundle",
    "result_bundle",
    "run_bundle",
    "sheet_bundle",
]
