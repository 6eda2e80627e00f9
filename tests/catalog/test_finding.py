"""Finding models: by words, kind, maker, what they take and what they cost, with no network."""

from __future__ import annotations

import pytest

from runware_nb.catalog import Models, asking, bundled
from runware_nb.catalog.finding import kind_of, taken
from runware_nb.catalog.news import News
from runware_nb.errors import UnknownName, UsageError


@pytest.fixture
def models():
    return Models()


def test_all_models_of_the_catalogue_are_there_to_be_found(models):
    assert len(models) == len(bundled())
    assert models["bfl-flux-1-dev"].air == "runware:101@1"
    assert models["runware:101@1"] is models["bfl-flux-1-dev"]


def test_all_words_must_fit(models):
    found = models("flux image")

    assert found
    assert all("flux" in f"{m.slug} {m.air}" and kind_of(m) == "image" for m in found if "image" not in m.slug)


def test_finding_narrows_what_was_found(models):
    wide = models(kind="image")

    assert 0 < len(wide("flux")) < len(wide) < len(models)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"kind": "video"}, lambda m: m.task_type == "videoInference"),
        ({"creator": "BFL"}, lambda m: m.creator == "bfl"),
        ({"takes": "LoRA"}, lambda m: m.takes("lora")),
        ({"takes": "negative_prompt"}, lambda m: m.takes("negativePrompt")),
        ({"takes": "first or last frame"}, lambda m: "first or last frame" in taken(m)),
        ({"max_price": 0.01}, lambda m: min(row["usd"] for row in m.prices) <= 0.01),
    ],
)
def test_each_filter_keeps_what_fits_and_nothing_else(models, asked, holds):
    found = models(**asked)

    assert found
    assert all(map(holds, found))
    assert not any(holds(m) for m in models if m not in found and m.prices)


def test_who_made_a_model_is_told_by_its_slug_where_another_serves_it(models):
    assert models["bfl-flux-1-dev"].creator == "bfl"
    assert models["bfl-flux-1-dev"] in list(models("flux image", creator="bfl", max_price=0.01))


def test_a_model_does_wherever_its_name_does(models):
    assert str(models["bfl-flux-1-dev"]) == "runware:101@1"
    assert asking.ask("image", "x", {"model": models["bfl-flux-1-schnell"]}, bundled())["model"] == "runware:100@1"


@pytest.mark.parametrize(("asked", "listed"), [({}, False), ({"status": "all"}, True), ({"status": "unlisted"}, True)])
def test_what_the_registry_no_longer_has_is_listed_only_when_asked_for(asked, listed):
    gone = bundled()[5]
    told = {m.air: (m.task_type, m.slug) for m in bundled() if m is not gone}
    models = Models(lambda: catalog, online=None)
    catalog = bundled().with_news(News("20270101000000", 0.0, told))

    assert (gone.air in [m.air for m in models("", **asked)]) is listed
    assert catalog.get(gone.air).status == "unlisted"


def test_more_facts_come_into_force_with_another_catalogue():
    catalogs = [bundled()]
    models = Models(lambda: catalogs[-1])
    before = len(models)
    catalogs.append(bundled().with_news(News("20270101000000", 0.0, {"acme:a@1": ("imageInference", "acme-a")})))

    assert (before, len(models)) == (363, 364)


async def test_a_catalogue_by_itself_asks_nobody(models):
    for going_out in (models.search("x"), models.refresh()):
        with pytest.raises(UsageError, match=r"runware_nb\.models"):
            await going_out


def test_unknown_kinds_and_models_are_named_with_the_nearest(models):
    with pytest.raises(UnknownName, match="video"):
        models(kind="vidoe")
    with pytest.raises(UnknownName, match="bfl-flux-1-dev"):
        models["bfl-flux-1-dv"]


def test_the_frame_has_a_row_a_model(models):
    frame = models(kind="video").df

    assert {"slug", "air", "name", "kind", "creator", "status", "takes", "price_usd", "unit"} <= set(frame.columns)
    assert set(frame.kind) == {"video"}
    assert frame.price_usd.min() > 0
