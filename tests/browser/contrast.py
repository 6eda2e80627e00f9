"""Contrast of two colours as they are drawn, by the formula of WCAG 2."""

from __future__ import annotations

from playwright.sync_api import Locator

COLOURS = """(element, names) => names.map(name => {
    // Drawn on a canvas, every way to write a colour becomes red, green and blue.
    const context = document.createElement('canvas').getContext('2d');
    context.fillStyle = getComputedStyle(element).getPropertyValue(name);
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
})"""


def contrast(element: Locator, foreground: str, background: str) -> float:
    """Ratio of two CSS properties of an element, from 1 (the same) to 21 (black on white)."""
    colours = element.evaluate(COLOURS, [foreground, background])
    low, high = sorted(luminance(*colour[:3]) for colour in colours)
    return (high + 0.05) / (low + 0.05)


def luminance(red: int, green: int, blue: int) -> float:
    """Relative luminance, 0 to 1, of an sRGB colour of 0 to 255."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
