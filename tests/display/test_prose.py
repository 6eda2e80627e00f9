import pytest

from runware_nb.display.prose import prose


def test_markdown_becomes_plain_elements_with_styles_of_their_own():
    page = prose("# Fox\n\n- **red**\n\n| a | b |\n|--|--:|\n| 1 | 2 |")

    assert all(f"<{tag} style=" in page for tag in ("h1", "ul", "table", "td"))
    assert "<strong>red</strong>" in page
    assert "text-align:right" in page


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onmouseover=alert(1)>b</b>",
        "```html\n<script>alert(1)</script>\n```",
        "    <script>alert(1)</script>",
        "`<script>alert(1)</script>`",
        "```<script>\nx\n```",
    ],
)
def test_tags_in_the_text_stay_text(text):
    page = prose(text)

    assert not any(tag in page for tag in ("<script", "<img", "<b "))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "/files/x",
        "vbscript:x",
        "file:///x",
        "&#106;avascript:x",
    ],
)
def test_a_link_leads_only_to_the_web(address):
    assert "href" not in prose(f"[x]({address}) and [y][1]\n\n[1]: {address}")


def test_a_web_link_opens_apart_and_tells_nothing():
    assert 'href="https://a.example"' in prose("[x](https://a.example)")
    assert 'rel="noopener noreferrer"' in prose("[x](https://a.example)")


def test_a_picture_in_the_text_is_not_fetched():
    assert "<img" not in prose("![x](https://a.example/pixel.png)")


def test_text_too_long_to_parse_is_left_as_it_is():
    assert prose("*" * 100_000) is None
