import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { words } from "../src/core/words";
import { Compare, modesFor } from "../src/view/compare";
import { differences } from "../src/view/difference";
import type { Source } from "../src/view/stage";
import { source, supply, text } from "./source";

const LEFT = source({ key: "l" });
const RIGHT = source({ key: "r" });

let el: HTMLElement;

beforeEach(() => {
	el = document.createElement("div");
	document.body.replaceChildren(el);
});

afterEach(() => {
	act(() => render(null, el));
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

type Options = { blind?: boolean; inline?: boolean; onClose?(): void };

function show(a: Source, b: Source, options: Options = {}): void {
	const all = { inline: true, onClose: () => undefined, ...options };
	act(() => render(<Compare a={a} b={b} supply={supply} {...all} />, el));
}

function choose(mode: string): void {
	const label = [...el.querySelectorAll("label")].find(
		({ textContent }) => textContent === mode,
	);
	act(() => label?.querySelector("input")?.click());
}

function found<E extends Element>(selector: string): E {
	return el.querySelector(selector) as E;
}

test.each([
	["image", "vector", ["slider", "side", "blink", "difference"]],
	["video", "video", ["slider", "side", "blink", "difference"]],
	["text", "text", ["words", "side"]],
	["3d", "3d", ["side"]],
	["image", "video", ["side"]],
] as const)("%s and %s", (a, b, modes) => {
	expect(modesFor(source({ medium: a }), source({ medium: b }))).toEqual(modes);
});

test("the slider says how much of A is seen, and is a range, so the keyboard moves it", () => {
	show(LEFT, RIGHT);
	const slider = found<HTMLInputElement>("input[type=range]");

	slider.value = "30";
	act(() => void slider.dispatchEvent(new Event("input", { bubbles: true })));

	expect(found<HTMLElement>(".rw-pair").style.getPropertyValue("--split")).toBe(
		"0.3",
	);
	expect(slider.getAttribute("aria-label")).toBe(words.compare.split);
});

test("changing the mode keeps the stages, and so what they have loaded", () => {
	show(LEFT, RIGHT);
	const before = [...el.querySelectorAll("img")];

	choose(words.compare.mode.side);

	expect([...el.querySelectorAll("img")]).toEqual(before);
	expect(found<HTMLElement>(".rw-pair").className).toContain("rw-side");
});

test("it blinks by itself where motion is welcome, until it is told to stop", () => {
	vi.useFakeTimers();
	show(LEFT, RIGHT);
	choose(words.compare.mode.blink);
	const front = () => found<HTMLElement>(".rw-pair").dataset.front;

	expect(front()).toBe("a");
	act(() => void vi.advanceTimersByTime(800));
	expect(front()).toBe("b");
	act(() => found<HTMLElement>(`[aria-label="${words.film.pause}"]`).click());
	act(() => void vi.advanceTimersByTime(8000));
	expect(front()).toBe("b");
});

test("where motion is not welcome it changes only when asked", () => {
	vi.stubGlobal("matchMedia", () => ({ matches: true }));
	vi.useFakeTimers();
	show(LEFT, RIGHT);
	choose(words.compare.mode.blink);
	const front = () => found<HTMLElement>(".rw-pair").dataset.front;

	act(() => void vi.advanceTimersByTime(8000));
	expect(front()).toBe("a");
	act(() => found<HTMLElement>(`[aria-label="${words.compare.swap}"]`).click());
	expect(front()).toBe("b");
});

test("texts are compared by words", () => {
	show(text("a", "a red fox"), text("b", "a blue fox"));

	expect(found("del").textContent).toBe("red");
	expect(found("ins").textContent).toBe("blue");
	expect(found("[role=status]").textContent).toBe(words.compare.changed(1, 1));
});

test("markup in texts stays text", () => {
	show(text("a", "<b>x</b>"), text("b", "<img src=x onerror=alert(1)>"));

	expect(el.querySelector("img, b:not(.rw-letter)")).toBeNull();
});

test("blind, nothing tells who made them", () => {
	show(LEFT, RIGHT, { blind: true });

	expect(el.textContent).not.toContain("runware:101@1");
	expect(el.textContent).not.toContain("42");
});

test("in a dialog it is closed by its button, and the focus returns", () => {
	const button = document.createElement("button");
	document.body.append(button);
	button.focus();
	const onClose = vi.fn(() => act(() => render(null, el)));
	show(LEFT, RIGHT, { inline: false, onClose });
	expect(found<HTMLDialogElement>("dialog").open).toBe(true);
	expect(document.activeElement).not.toBe(button);

	act(() => found<HTMLElement>(`[aria-label="${words.dialog.close}"]`).click());

	expect(onClose).toHaveBeenCalledOnce();
	expect(document.activeElement).toBe(button);
});

test("the mean is that of all colours of all pixels", () => {
	const a = new Uint8ClampedArray([0, 0, 0, 255, 10, 20, 30, 255]);
	const b = new Uint8ClampedArray([6, 0, 0, 255, 10, 14, 30, 255]);

	const { mean, pixels } = differences(a, b, 8);

	expect(mean).toBe(2);
	expect([...pixels]).toEqual([48, 0, 0, 255, 0, 48, 0, 255]);
});
