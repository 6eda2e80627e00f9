"""Public routes: the schema and content services, answered from the bundled catalogue. No key, GET only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runware_nb.api import wire
from runware_nb.catalog import Catalog, Model
from runware_nb.catalog.models import wire_capability
from runware_nb.sandbox import answers
from runware_nb.sandbox.refusals import error
from runware_nb.sandbox.world import World

_FRESH: Final = "public, max-age=300"
_CATEGORIES: Final[Mapping[str, str]] = {
    "videoInference": "video",
    "tools": "video",
    "audioInference": "audio",
    "3dInference": "3d",
    "textInference": "text",
    "caption": "text",
    "promptEnhance": "text",
}
"""Task type to its models' category, where that is not `image`."""


def routes(world: World) -> list[Route]:
    """Return the public routes."""
    service = Public(world.catalog)
    return [
        Route("/registry.json", service.registry),
        Route("/resolve/{air:path}", service.resolve),
        Route("/releases/{version}/schema-map.json", service.schema_map),
        Route("/models", service.models),
        Route("/models/{name:path}/pricing", service.pricing),
        Route("/models/{name:path}/examples", service.nothing),
        Route("/models/{name:path}/guides", service.nothing),
        Route("/models/{name:path}", service.model),
        Route("/creators", service.creators),
        Route("/creators/{name}", service.creators),
        Route("/collections", service.nothing),
        Route("/capabilities", service.capabilities),
        Route("/docs/models/index.json", service.docs_index),
    ]


class Public:
    """The answers, each made once from the catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def registry(self, request: Request) -> Response:
        """Every AIR with its task type and slug; 304 for who has it."""
        body = _registry(self._catalog)
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"etag": tag, "cache-control": _FRESH}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    async def resolve(self, request: Request) -> Response:
        """Return the schemas of one model."""
        model = self._catalog.get(request.path_params["air"])
        if model is None:
            return _unknown()
        told = {"requestSchema": _wire_schema(model), "responseSchema": None, "documentation": model.documentation}
        return JSONResponse(told, headers={"cache-control": _FRESH})

    async def schema_map(self, _: Request) -> Response:
        """All schemas in one file."""
        told = {m.air: _wire_schema(m) for m in self._catalog}
        return JSONResponse({"version": self._catalog.version, "models": told})

    async def models(self, request: Request) -> Response:
        """List the models, whole or by page, filtered and sorted."""
        asked = request.query_params
        rows = [r for m in self._catalog if _wanted(r := _row(m), asked)]
        if key := {"name": "name", "alpha": "name", "creator": "creator"}.get(asked.get("sort", "")):
            rows.sort(key=lambda r: r[key], reverse=asked.get("order") == "desc")
        first, count = _number(asked.get("offset"), 0), _number(asked.get("limit"), len(rows))
        page = rows[first : first + count]
        if asked.get("paginate") == "true":
            return JSONResponse({"total": len(rows), "limit": count, "offset": first, "items": page})
        return JSONResponse(page)

    async def model(self, request: Request) -> Response:
        """Return one model, by slug or AIR."""
        model = self._catalog.get(request.path_params["name"])
        return JSONResponse(_row(model)) if model else _unknown()

    async def pricing(self, request: Request) -> Response:
        """Return what is known of one model's price; 404 when that is nothing."""
        model = self._catalog.get(request.path_params["name"])
        return JSONResponse(_pricing(model)) if model and model.prices else _unknown()

    async def creators(self, request: Request) -> Response:
        """List the creators, or return one."""
        counts: dict[str, int] = {}
        for model in self._catalog:
            counts[model.creator] = counts.get(model.creator, 0) + 1
        blank = {"logo": None, "headline": "", "description": ""}
        rows = [{"id": c, "name": c, **blank, "models": n} for c, n in sorted(counts.items())]
        name = request.path_params.get("name")
        found = [r for r in rows if r["id"] == name]
        return JSONResponse(rows) if name is None else JSONResponse(found[0]) if found else _unknown()

    async def capabilities(self, _: Request) -> Response:
        """List the capabilities."""
        return JSONResponse(
            [{"id": c, "label": c.partition(":")[2].replace("-", " ")} for c in map(wire_capability, wire.BY_NAME)]
        )

    async def docs_index(self, _: Request) -> Response:
        """List the models as the docs do."""
        rows = [
            {
                "id": m.slug, "air": m.air, "name": m.name, "status": "live", "capabilities": list(m.capabilities),
                "schema": f"{m.documentation}/schema.json", "creator": m.creator, "architecture": None,
            }
            for m in self._catalog
        ]  # fmt: skip
        return JSONResponse(rows)

    async def nothing(self, _: Request) -> Response:
        """Answer with an empty list: the sandbox has no examples, guides or collections."""
        return JSONResponse([])


@cache
def _registry(catalog: Catalog) -> bytes:
    kinds = {t.kind: t.name for t in wire.TASK_TYPES}
    told = {
        "version": catalog.version,
        "models": {m.air: {"taskType": m.task_type, "id": m.slug} for m in catalog},
        "architectureTaskTypes": {},
        "modalityTaskTypes": {k: kinds[k] for k in ("image", "video", "audio", "text", "3d")},
    }
    return json.dumps(told).encode()


def _wire_schema(model: Model) -> dict[str, Any]:
    """Write the schema as the service does: delivery methods as `oneOf` constants."""
    schema = dict(model.schema)
    delivery = schema["properties"].get("deliveryMethod", {})
    if ways := delivery.get("enum"):
        told = {"type": "string", "default": ways[0], "oneOf": [{"const": way} for way in ways]}
        schema["properties"] = {**schema["properties"], "deliveryMethod": told}
    return schema


def _row(model: Model) -> dict[str, Any]:
    return {
        "model": model.slug,
        "air": model.air,
        "name": model.name,
        "creator": model.creator,
        "capabilities": list(model.capabilities),
        "category": [_CATEGORIES.get(model.task_type, "image")],
        "architecture": None,
        "hosted": model.air.startswith("runware:"),
        "status": "live",
        "releasedAt": None,
        "weight": 0,
        "headline": "",
        "description": "",
        "coverImage": None,
        "pricingOverview": "",
        "pricingExamples": _price_examples(model.prices),
    }


def _pricing(model: Model) -> dict[str, Any]:
    row = {
        k: v for k, v in _row(model).items() if k not in {"creator", "capabilities", "architecture", "hosted", "weight"}
    }
    rates = [{"amount": p["usd"], "unit": p["unit"], "label": p["configuration"]} for p in model.prices]
    return {**row, "pricingRates": rates}


def _price_examples(prices: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    whole = [p for p in prices if p["unit"] in {"image", "output", "run"}]
    return [{"configuration": p["configuration"], "price": f"${p['usd']:g}"} for p in whole]


def _wanted(row: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    words = asked.get("q", "").lower()
    return (
        asked.get("capability") in {None, *row["capabilities"]}
        and asked.get("category") in {None, *row["category"]}
        and asked.get("creator") in {None, row["creator"]}
        and asked.get("status") in {None, row["status"]}
        and words in f"{row['air']} {row['name']} {row['model']}".lower()
    )


def _number(text: str | None, other: int) -> int:
    return int(text) if text and text.isdigit() else other


def _unknown() -> Response:
    return answers.failed(error("modelNotFound", "There is no such model."), status=404)
