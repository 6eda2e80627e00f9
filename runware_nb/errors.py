"""Every error of the package, in one tree.

::

    RunwareError
    ├── UsageError            the cell, the call or a file is wrong; nothing was sent
    │   ├── UnknownName       a kind, option, model or parameter nobody knows, with the nearest one
    │   ├── MissingKey        there is neither a key nor a sandbox
    │   ├── BudgetExceeded    it would cost more than a cap or budget allows
    │   └── CacheMiss         it is not here yet, and nothing may be spent
    ├── Unreachable           no complete answer came; a task that was sent may still run
    ├── BadAsset              a result's file could not be had, or is not what it claims to be
    ├── Interrupted           the user stopped waiting (also a KeyboardInterrupt)
    └── ApiError              the API answered with an error
        ├── InvalidTask       a parameter was refused; nothing ran and nothing was billed
        │   └── DuplicateTask the task UUID has been used before
        ├── AuthenticationFailed
        ├── InsufficientCredits
        ├── RateLimited       (worth trying again)
        ├── ContentRefused    a prompt, an input or a result broke a content policy
        ├── TaskTimeout       (worth trying again)
        ├── NotFound          the task, model or media is unknown or has expired
        ├── ProviderFailed    (worth trying again)
        └── ServerFailed      (worth trying again)

A cell that fails shows one line: the message says what is wrong and the way out.
A new API code is a row in `CATEGORIES`; a new error class is a leaf of this tree.
"""

from __future__ import annotations

import copy
import difflib
import re
import traceback
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "ApiError",
    "AuthenticationFailed",
    "BadAsset",
    "BudgetExceeded",
    "CacheMiss",
    "ContentRefused",
    "DuplicateTask",
    "InsufficientCredits",
    "Interrupted",
    "InvalidTask",
    "MissingKey",
    "NotFound",
    "ProviderFailed",
    "RateLimited",
    "RunwareError",
    "ServerFailed",
    "TaskTimeout",
    "UnknownName",
    "Unreachable",
    "UsageError",
]


class RunwareError(Exception):
    """Base of everything this package raises on purpose.

    Attributes
    ----------
    task_uuids
        The tasks concerned. What was accepted under them is still there to be fetched.
    """

    in_full: ClassVar[bool] = False
    """Whether notebooks show whole tracebacks."""

    def __init__(self, message: str, *, task_uuids: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.task_uuids = tuple(task_uuids)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be copied and sent to another process, whatever it was made of; the run it ended stays here."""
        facts = {name: fact for name, fact in vars(self).items() if name != "run"}
        return _again, (type(self), self.args), facts

    def about(self, *task_uuids: str) -> Self:
        """Return a copy that is about some tasks: one answer may refuse many."""
        copied = copy.copy(self)
        copied.task_uuids = task_uuids
        return copied

    def _render_traceback_(self) -> list[str]:
        """Give IPython one line in place of a traceback through our own code, unless all of it is asked for."""
        if type(self).in_full:
            return "".join(traceback.format_exception(self)).splitlines()
        return [f"{type(self).__name__}: {self}"]


def _again(kind: type[RunwareError], args: tuple[Any, ...]) -> RunwareError:
    error = kind.__new__(kind)
    error.args = args
    return error


class UsageError(RunwareError):
    """What was asked cannot be done as it is written. Nothing was sent, nothing was billed."""


class UnknownName(UsageError):
    """A name nobody knows.

    Attributes
    ----------
    name
        What was written.
    suggestions
        Known names that look like it, best first.
    """

    def __init__(self, what: str, name: str, known: Iterable[str], hint: str = "", *, most: int = 3) -> None:
        self.name = name
        self.suggestions = tuple(difflib.get_close_matches(name, list(known), n=most, cutoff=0.5))
        meant = f" Did you mean {' or '.join(self.suggestions)}?" if self.suggestions else ""
        super().__init__(f"there is no {what} {name!r}.{meant}{' ' + hint if hint else ''}")


class MissingKey(UsageError):
    """No API key is set, and the sandbox is not installed."""


class BudgetExceeded(UsageError):
    """It would, or might, cost more than a cap or a budget allows. What is refused was not sent."""


class CacheMiss(UsageError):
    """A result is not here yet, and the cache mode `only` lets nothing be sent."""


class Unreachable(RunwareError):
    """No complete, well-formed answer came from the API or a media host.

    Attributes
    ----------
    sent
        Whether a task may have reached the API: then it may run and be billed, and its UUID finds it.
    """

    in_full: ClassVar[bool] = False
    """Whether notebooks show whole tracebacks."""

    def __init__(self, message: str, *, task_uuids: Iterable[str] = (), sent: bool = True) -> None:
        super().__init__(message, task_uuids=task_uuids)
        self.sent = sent


class BadAsset(RunwareError):
    """A result's file is gone, broken, too large, or of another type than it claims."""


class Interrupted(RunwareError, KeyboardInterrupt):
    """The user stopped the cell. Tasks that were accepted run on, and are billed.

    Raised by cells alone, never inside an asyncio task: there a KeyboardInterrupt would end the event loop.
    """


class ApiError(RunwareError):
    """The API answered with an error.

    Attributes
    ----------
    code
        The API's own code, such as `"invalidCustomHeight"`. The list is long and changes: catch classes, not codes.
    parameter
        Wire name of the parameter at fault, or names joined by `", "`, if given.
    documentation
        Link to the docs page of that parameter, if given.
    status
        HTTP status of the answer, if known.
    details
        The error object as the API sent it.
    """

    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        code: str = "unknown",
        parameter: str | None = None,
        documentation: str | None = None,
        status: int | None = None,
        task_uuids: Iterable[str] = (),
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, task_uuids=task_uuids)
        self.code = code
        self.parameter = parameter
        self.documentation = documentation
        self.status = status
        self.details = dict(details or {})


class InvalidTask(ApiError):
    """The task breaks a rule of its model or of the API. Nothing ran and nothing was billed."""


class DuplicateTask(InvalidTask):
    """The task UUID has been used before. The result of its first use can still be fetched."""


class AuthenticationFailed(ApiError):
    """The key is missing, wrong, or lacks a permission."""


class InsufficientCredits(ApiError):
    """The balance or quota is used up."""


class RateLimited(ApiError):
    """Too many tasks at once."""

    retryable = True


class ContentRefused(ApiError):
    """A prompt, an input or a result broke a content policy."""


class TaskTimeout(ApiError):
    """The task took longer than the API or its provider allows. It may still run, and be billed."""

    retryable = True


class NotFound(ApiError):
    """The task, model or media is unknown, or has expired."""


class ProviderFailed(ApiError):
    """The model's provider failed."""

    retryable = True


class ServerFailed(ApiError):
    """The API itself failed."""

    retryable = True


# Raw code to class, first match wins: the categories of the official SDK (1.8.0), with the four codes
# that it calls unknown (timeoutProvider, contentModeration, queueCapacityExceeded, tooManyRequests).
CATEGORIES: Final[tuple[tuple[type[ApiError], str], ...]] = (
    (DuplicateTask, r"conflictTaskUUID"),
    (InsufficientCredits, r".*(Credits|Quota|Balance).*|quotaExceeded|paymentRequired|environmentPaused"),
    (RateLimited, r".*RateLimit.*|rateLimitExceeded|queueCapacityExceeded|tooManyRequests"),
    (
        ContentRefused,
        r"(provider)?[cC]ontentPolicyViolation|(sensitive|unsafe|nsfw)ContentDetected|promptBlocked|imageBlocked"
        r"|moderationFailed|contentModeration|invalidProviderContent",
    ),
    (
        AuthenticationFailed,
        r"unauthorized|forbidden|permissionDenied|insufficientPermissions|auth(entication)?Failed|authTimeout"
        r"|invalidAuthentication|invalidCredentials|missingAuthentication|token.*"
        r"|(account|organization|workspace)(Suspended|Disabled)|.*ApiKey.*",
    ),
    (TaskTimeout, r".*Timeout.*|timeout(Provider)?"),
    (NotFound, r"taskCancelled|taskFailedOrNotFound|unknownModel|.*(NotFound|Expired)"),
    (
        ServerFailed,
        r"(internalServer|standard|unknown|undefined|default)Error|(service|server)Unavailable"
        r"|unrecognizedResponse|errorRetrievingAccountManagement",
    ),
    (
        ProviderFailed,
        r"inferenceError|processingFailed|taskFailed|downloadFailed|uploadFailed|noAvailableServer"
        r"|model(Unavailable|Disabled|NotReady)|mediaStorageFileCouldNotBeMoved|provider.*",
    ),
    (
        InvalidTask,
        r"(invalid|missing|conflict|duplicate|unsupported|value|array|max).*|.*Conflict.*|unknownParameter"
        r"|incompatibleParameters|(mismatch|unknown)ProviderSettingsProvider|transparentModelMismatch"
        r"|modelOwnershipValidationError|modelAlreadyExists|validationFailed",
    ),
)
BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: InvalidTask,
    401: AuthenticationFailed,
    402: InsufficientCredits,
    403: AuthenticationFailed,
    404: NotFound,
    408: TaskTimeout,
    429: RateLimited,
    504: TaskTimeout,
}


def classify(code: str, status: int | None = None) -> type[ApiError]:
    """Class of an API error: by its code, else by the HTTP status, else plain `ApiError`."""
    for error, pattern in CATEGORIES:
        if re.fullmatch(pattern, code):
            return error
    if status is not None and status >= 500 and status not in BY_STATUS:  # noqa: PLR2004
        return ServerFailed
    return BY_STATUS.get(status or 0, ApiError)


def from_wire(error: Mapping[str, Any], status: int | None = None) -> ApiError:
    """Make the exception for an error object of the API, in either of its forms.

    Everything is optional: an error without a code or message is still an error. `parameter` may be a list.
    """
    inner = error.get("error")
    facts = {**error, **inner} if isinstance(inner, dict) else dict(error)
    code = str(facts.get("code") or "unknown")
    parameter = facts.get("parameter")
    if isinstance(parameter, list):
        parameter = ", ".join(map(str, parameter))
    parameter = str(parameter) if parameter else None
    uuid = facts.get("taskUUID")
    return classify(code, status)(
        _message(facts, code, parameter),
        code=code,
        parameter=parameter,
        documentation=str(facts["documentation"]) if facts.get("documentation") else None,
        status=status,
        task_uuids=[str(uuid)] if uuid else [],
        details=facts,
    )


def _message(facts: Mapping[str, Any], code: str, parameter: str | None) -> str:
    """Say in one line what the API said: its words, the parameter, what is allowed, where it is documented."""
    words = str(facts.get("message") or "the API gave no reason")
    text = " ".join(words.split()).rstrip(".")
    if parameter and parameter not in text:
        text = f"{parameter}: {text}"
    if (allowed := facts.get("allowedValues")) and isinstance(allowed, list):
        text += f"; allowed: {', '.join(map(str, allowed[:12]))}{', …' if len(allowed) > 12 else ''}"  # noqa: PLR2004
    if facts.get("min") is not None or facts.get("max") is not None:
        text += f"; allowed: {facts.get('min', '…')} to {facts.get('max', '…')}"
        if facts.get("multiplier"):
            text += f" in steps of {facts['multiplier']}"
    text += f" [{code}]."
    if link := facts.get("documentation"):
        text += f" See {link}"
    return text
