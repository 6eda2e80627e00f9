import { expect, test } from "vitest";
import { h } from "../src/core/dom";

test("strings become text, never markup", () => {
	const element = h("p", {}, "<b>", h("i", {}, "x"));

	expect(element.childNodes).toHaveLength(2);
	expect(element.textContent).toBe("<b>x");
});

test("a true attribute is set empty and a false one is left out", () => {
	const element = h("button", { hidden: true, disabled: false });

	expect(element.hidden).toBe(true);
	expect(element.hasAttribute("disabled")).toBe(false);
});
