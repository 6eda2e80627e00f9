import { beforeEach, expect, test } from "vitest";
import { h } from "../src/core/dom";
import { Pan } from "../src/view/pan";
import type { View } from "../src/view/stage";

let pan: Pan;
let told: View[];

beforeEach(() => {
	told = [];
	pan = new Pan(h("div"), "a picture");
	pan.onView = (view) => told.push(view);
	pan.element.getBoundingClientRect = () => new DOMRect(0, 0, 200, 100);
	pan.element.setPointerCapture = () => undefined;
	document.body.replaceChildren(pan.element);
});

function type(...keys: string[]): void {
	for (const key of keys) {
		pan.element.dispatchEvent(new KeyboardEvent("keydown", { key }));
	}
}

function point(kind: string, pointerId: number, x: number, y: number): void {
	const init = { pointerId, clientX: x, clientY: y, button: 0 };
	pan.element.dispatchEvent(new PointerEvent(`pointer${kind}`, init));
}

test("keys zoom, move and fit in, and each is told", () => {
	type("+", "ArrowLeft");
	expect(pan.view).toEqual({ kind: "pan", scale: 1.25, x: 0.1, y: 0 });
	type("0");

	expect(pan.view).toEqual({ kind: "pan", scale: 1, x: 0, y: 0 });
	expect(told).toHaveLength(3);
});

test("a view that is shown is not told", () => {
	pan.show({ kind: "pan", scale: 2, x: 0.25, y: -0.5 });

	expect(pan.view).toEqual({ kind: "pan", scale: 2, x: 0.25, y: -0.5 });
	expect(told).toEqual([]);
});

test("zooming keeps the middle in the middle", () => {
	pan.show({ kind: "pan", scale: 2, x: 0.2, y: 0.1 });

	pan.zoom(2);

	expect(pan.view).toEqual({ kind: "pan", scale: 4, x: 0.4, y: 0.2 });
});

test("the wheel keeps what is under the pointer there", () => {
	const where = { ctrlKey: true, clientX: 150, clientY: 50 };
	const wheel = new MouseEvent("wheel", where);

	pan.element.dispatchEvent(Object.assign(wheel, { deltaY: -50 }));

	const { scale, x, y } = pan.view;
	expect(scale).toBeCloseTo(Math.exp(0.5));
	expect(x + 0.25 * scale).toBeCloseTo(0.25);
	expect(y).toBeCloseTo(0);
});

test("the bare wheel is left to the page", () => {
	pan.element.dispatchEvent(new WheelEvent("wheel", { deltaY: -50 }));

	expect(pan.view.scale).toBe(1);
});

test("a drag moves it by as much", () => {
	point("down", 1, 10, 10);
	point("move", 1, 30, 20);
	point("up", 1, 30, 20);
	point("move", 1, 90, 90);

	expect(pan.view.x).toBeCloseTo(0.1);
	expect(pan.view.y).toBeCloseTo(0.1);
});

test("two fingers that part zoom in around their middle", () => {
	point("down", 1, 80, 50);
	point("down", 2, 120, 50);
	point("move", 1, 60, 50);
	point("move", 2, 140, 50);

	expect(pan.view.scale).toBeCloseTo(2);
	expect(pan.view.x).toBeCloseTo(0);
});

test("nobody can lose the picture", () => {
	type(...new Array(60).fill("ArrowUp"), ...new Array(60).fill("-"));

	expect(pan.view.scale).toBe(0.2);
	expect(Math.abs(pan.view.y)).toBeLessThanOrEqual(0.1);
});
