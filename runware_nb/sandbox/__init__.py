"""The sandbox: the Runware API on this machine, with samples in place of models and play money in place of yours.

Needs the extra `[sandbox]` (starlette, uvicorn, websockets, PyAV, numpy). It binds 127.0.0.1 only and has a key
of its own. To add a task type's answer, add a row to `making.MAKERS`; a refusal, to `rules.CODES`; a fault, to
`faults.FAULTS`; a utility, to `utilities.UTILITIES`.

::

    with Sandbox() as box:
        box.http_url, box.ws_url, box.api_key
        box.inject("lost-answer")        # what can go wrong, by name
        box.billed()                     # {task UUID: Bill(usd, runs)}
"""

from runware_nb.sandbox.account import Bill
from runware_nb.sandbox.faults import FAULTS, Fault
from runware_nb.sandbox.server import Sandbox

__all__ = ["FAULTS", "Bill", "Fault", "Sandbox"]
