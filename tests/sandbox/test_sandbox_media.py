"""Files: every medium decodes, is as large and long as asked, and is decided by its seed."""

import base64
import io
import json
import struct
import xml.etree.ElementTree as ET

import av
import pytest
from PIL import Image

from .asking import Api, other, task


def made(api: Api, wanted) -> bytes:
    """Return the file of a task's first result."""
    told = api.answer(wanted)
    assert "errors" not in told, told
    [item, *_] = api.done(wanted["taskUUID"])
    urls = [v for k, v in item.items() if k.endswith("URL")] or [item["outputs"]["files"][0]["url"]]
    answer = api.get(urls[0])
    assert answer.status_code == 200
    return answer.content


def picture(api: Api, wanted) -> Image.Image:
    return Image.open(io.BytesIO(made(api, wanted)))


def upload(api: Api, drawn: Image.Image) -> str:
    written = io.BytesIO()
    drawn.save(written, "PNG")
    media = "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()
    [item] = api.items(
        {"taskType": "mediaStorage", "taskUUID": task()["taskUUID"], "operation": "upload", "media": media}
    )
    return item["mediaUUID"]


def subject() -> Image.Image:
    """A red square in the middle of a white ground."""
    drawn = Image.new("RGB", (256, 192), "white")
    drawn.paste((220, 30, 30), (80, 50, 180, 150))
    return drawn


@pytest.mark.parametrize(("name", "kind"), [("JPG", "JPEG"), ("PNG", "PNG"), ("WEBP", "WEBP")])
@pytest.mark.parametrize("size", [(128, 128), (1024, 640)])
def test_a_picture_has_the_size_and_format_asked(api: Api, name, kind, size):
    drawn = picture(api, task(outputFormat=name, width=size[0], height=size[1]))

    assert (drawn.format, drawn.size) == (kind, size)


@pytest.mark.parametrize("prompt", ["ab", "赤い狐 🦊 " * 40, "x" * 2900, "a\x00b\u202ec\n\td", "<script>&amp;"])
def test_any_prompt_can_be_drawn(api: Api, prompt):
    assert picture(api, task(positivePrompt=prompt, width=128, height=128)).size == (128, 128)


def test_a_seed_decides_a_picture(api: Api):
    one, same, another = (made(api, task(seed=seed)) for seed in (5, 5, 6))

    assert one == same
    assert one != another


def test_a_prompt_and_a_model_decide_a_picture_too(api: Api):
    files = {made(api, task(seed=5, **c)) for c in ({}, {"positivePrompt": "a fox"}, {"model": "civitai:1@2"})}

    assert len(files) == 3


@pytest.mark.parametrize(("extension", "codec"), [("MP4", "h264"), ("WEBM", "vp8"), ("MOV", "h264")])
def test_a_clip_moves_and_lasts_as_long_as_asked(api: Api, extension, codec):
    wanted = other(
        "videoInference",
        "civitai:1@1",
        positivePrompt="waves",
        width=1280,
        height=720,
        duration=3,
        outputFormat=extension,
    )
    with av.open(io.BytesIO(made(api, wanted))) as clip:
        stream = clip.streams.video[0]
        frames = [f.to_ndarray(format="rgb24") for f in clip.decode(video=0)]

        assert (stream.codec.name, stream.format.name) == (codec, "yuv420p")
        assert len(frames) == 36
        assert frames[0].shape == (288, 512, 3)
        assert (frames[0] != frames[-1]).mean() > 0.3


def test_an_mp4_can_be_played_while_it_loads(api: Api):
    data = made(api, other("videoInference", "google:3@2", positivePrompt="x", width=1280, height=720, duration=8))

    assert data.index(b"moov") < data.index(b"mdat")


def test_a_clip_starts_from_the_frame_it_is_given(api: Api):
    frames = [{"image": upload(api, subject()), "frame": "first"}]
    wanted = other(
        "videoInference", "civitai:1@1", positivePrompt="x", width=512, height=384, inputs={"frameImages": frames}
    )
    with av.open(io.BytesIO(made(api, wanted))) as clip:
        first = next(clip.decode(video=0)).to_ndarray(format="rgb24")

    red, green, _ = first[150:220, 200:300].reshape(-1, 3).mean(axis=0)
    assert red > 180
    assert green < 90


@pytest.mark.parametrize(
    ("extension", "codec"), [("MP3", "mp3float"), ("FLAC", "flac"), ("OGG", "opus"), ("WAV", "pcm_s16le")]
)
def test_music_has_the_format_and_length_asked(api: Api, extension, codec):
    settings = {"sampleRate": 48000, "channels": 1}
    wanted = other(
        "audioInference",
        "civitai:1@1",
        positivePrompt="jazz",
        duration=4,
        outputFormat=extension,
        audioSettings=settings,
    )
    with av.open(io.BytesIO(made(api, wanted))) as sound:
        stream = sound.streams.audio[0]

        assert stream.codec.name == codec
        assert (stream.rate, stream.layout.nb_channels) == (48000, 1)
        assert sound.duration / av.time_base == pytest.approx(4, abs=0.1)


def test_a_longer_text_is_spoken_longer(api: Api):
    def seconds(text: str) -> float:
        with av.open(
            io.BytesIO(made(api, other("audioInference", "fishaudio:s2.1@pro", speech={"text": text})))
        ) as sound:
            return sound.duration / av.time_base

    assert seconds("One request, many media, and a rather long story.") > 2 * seconds("Hello there.")


def test_a_mesh_is_a_closed_glb_with_its_texture_inside(api: Api):
    data = made(api, other("3dInference", "tripo:v3.1@0", positivePrompt="a camera"))
    magic, version, length, json_length = struct.unpack("<4sIII", data[:16])
    scene = json.loads(data[20 : 20 + json_length])

    assert (magic, version, length) == (b"glTF", 2, len(data))
    assert 2_000 <= scene["accessors"][3]["count"] / 3 <= 10_000
    assert set(scene["meshes"][0]["primitives"][0]["attributes"]) == {"POSITION", "NORMAL", "TEXCOORD_0"}
    assert not any("uri" in part for part in (*scene["buffers"], *scene["images"]))


def test_the_mesh_is_never_another_format(api: Api):
    error = api.error(other("3dInference", "tripo:v3.1@0", positivePrompt="a camera", outputFormat="FBX"))

    assert error["parameter"] == "outputFormat"
    assert error["allowedValues"] == ["GLB"]


def test_a_drawing_is_svg_with_the_prompt_as_text(api: Api):
    wanted = other("vectorize", "recraft:v4@vector", positivePrompt="a <b> & c", width=1024, height=1024)
    root = ET.fromstring(made(api, wanted))

    words = " ".join(root.itertext())
    assert root.tag.endswith("svg")
    assert "a <b> & c" in words
    assert "SANDBOX" in words


def test_a_traced_picture_is_svg_of_its_colours(api: Api):
    root = ET.fromstring(made(api, other("vectorize", "recraft:1@1", inputs={"image": upload(api, subject())})))

    assert any(path.get("fill", "").startswith("#dc1e1e") for path in root.iter("{http://www.w3.org/2000/svg}path"))


@pytest.mark.parametrize("factor", [2, 4])
def test_upscaling_enlarges_what_it_is_given(api: Api, factor):
    drawn = picture(
        api, other("upscale", "runware:504@1", upscaleFactor=factor, inputs={"image": upload(api, subject())})
    )

    assert drawn.size == (256 * factor, 192 * factor)
    assert drawn.getpixel((130 * factor, 100 * factor))[1] < 80


def test_removing_a_background_keeps_the_subject(api: Api):
    drawn = picture(api, other("removeBackground", "runware:112@5", inputs={"image": upload(api, subject())}))

    assert drawn.mode == "RGBA"
    assert drawn.getpixel((130, 100))[3] == 255
    assert drawn.getpixel((250, 5))[3] == 0


def test_a_mask_has_boxes_around_what_stands_out(api: Api):
    wanted = other("imageMasking", "runware:35@1", inputs={"image": upload(api, subject())})
    [item] = api.items(wanted)
    [box] = item["detections"]

    assert box["x_min"] <= 80
    assert box["y_min"] <= 50
    assert box["x_max"] >= 180
    assert box["y_max"] >= 150
    assert Image.open(io.BytesIO(api.get(item["maskImageURL"]).content)).size == (256, 192)


def test_canny_finds_the_edges_and_nothing_else(api: Api):
    wanted = other(
        "controlNetPreprocess", "runware:controlnet-preprocess@canny", inputs={"image": upload(api, subject())}
    )
    drawn = picture(api, {**wanted, "outputFormat": "PNG"})

    assert drawn.crop((76, 90, 85, 110)).getextrema()[1] == 255
    assert drawn.crop((100, 70, 160, 130)).getextrema()[1] == 0


def test_a_caption_tells_size_and_colours(api: Api):
    [item] = api.items(other("caption", "runware:150@2", inputs={"image": upload(api, subject())}))

    assert "256 by 192" in item["text"]
    assert "white" in item["text"]
    assert "red" in item["text"]


def test_an_age_is_data_in_place_of_text(api: Api):
    [item] = api.items(other("caption", "runware:153@1", inputs={"image": "https://example.com/face.jpg"}))

    assert set(item["structuredData"]) == {"ageGroup", "confidence"}
    assert "text" not in item


def test_structured_text_keeps_to_its_schema(api: Api):
    from jsonschema import validate

    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 12},
            "year": {"type": "integer", "minimum": 1900, "maximum": 2000},
            "kind": {"enum": ["a", "b"]},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        },
        "required": ["name", "year", "kind", "tags"],
    }
    messages = [{"role": "user", "content": "first browser"}]
    [item] = api.items(
        other("textInference", "openai:gpt@5-nano", messages=messages, outputFormat="JSON", jsonSchema=schema)
    )

    validate(json.loads(item["text"]), schema)


def test_a_limit_of_tokens_cuts_the_text(api: Api):
    messages = [{"role": "user", "content": "hi"}]
    [item] = api.items(other("textInference", "minimax:m3@0", messages=messages, settings={"maxTokens": 5}))

    assert (len(item["text"]), item["finishReason"]) == (20, "length")


def test_training_gives_weights_and_a_model_to_use(api: Api):
    model = {"air": "myorg:7@1", "name": "Ink", "version": "1", "shortDescription": "ink", "private": True}
    data = made(
        api,
        other(
            "training",
            "runware:z-image@style-lora-training",
            inputs={"dataset": "https://example.com/d.zip"},
            importModel=model,
        ),
    )

    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    assert header["__metadata__"]["air"] == "myorg:7@1"
    assert api.items(task(model="myorg:7@1"))


def test_a_clip_is_written_anew_in_another_container(api: Api):
    clip = other("videoInference", "civitai:1@1", positivePrompt="x", duration=1)
    made(api, clip)
    url = api.done(clip["taskUUID"])[0]["videoURL"]
    data = made(api, other("tools", "runware:ffmpeg@0", inputs={"video": url}, settings={}, outputFormat="WEBM"))

    with av.open(io.BytesIO(data)) as anew:
        assert anew.streams.video[0].codec.name == "vp8"


def test_a_part_of_a_file_is_served_as_players_ask(api: Api):
    [item] = api.items(task())
    whole = api.get(item["imageURL"])
    part = api.get(item["imageURL"], headers={"Range": "bytes=10-19"})

    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    assert api.get(item["imageURL"], headers={"Range": "bytes=-5"}).content == whole.content[-5:]
    assert api.get(item["imageURL"], headers={"Range": "bytes=99999999-"}).status_code == 416


def test_files_expire_after_a_week_or_as_told(api: Api):
    [short], [usual] = api.items(task(ttl=60)), api.items(task())

    api.box.advance(61)
    assert api.get(short["imageURL"]).status_code == 404
    assert api.get(usual["imageURL"]).status_code == 200
    api.box.advance(7 * 24 * 3600)
    assert api.get(usual["imageURL"]).status_code == 404


@pytest.mark.parametrize(
    "path", ["/image/os/sandbox/ws/2/ii/1.jpg", "/image/os/sandbox/ws/2/ii/../../x", "/video/os/x"]
)
def test_unknown_files_are_not_found(api: Api, path):
    assert api.get(api.box.origin + path).status_code == 404


def test_addresses_have_the_shape_of_the_api(api: Api):
    [item] = api.items(task())

    assert item["imageURL"] == f"{api.box.origin}/image/os/sandbox/ws/2/ii/{item['imageUUID']}.jpg"
