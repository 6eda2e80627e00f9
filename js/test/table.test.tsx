import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Desk } from "../src/grid/desk";
import type { Cell, Traits } from "../src/grid/protocol";
import { type Place, Table } from "../src/grid/table";
import { cell, model } from "./grid";

let el: HTMLElement;

beforeEach(() => {
	el = document.createElement("div");
	document.body.replaceChildren(el);
});

afterEach(() => {
	act(() => render(null, el));
});

type Options = {
	traits?: Partial<Traits>;
	cells?: Cell[];
	at?: Place;
	picked?: number[];
};

function shown(rows: number, cols: number, options: Options = {}) {
	const { traits, cells = [], at = { row: 0, col: 0 }, picked = [] } = options;
	const kernel = model(rows, cols, traits);
	const desk = new Desk(kernel.props(el).model);
	const on = { onMove: vi.fn(), onOpen: vi.fn(), onPick: vi.fn() };
	kernel.tell({ kind: "cells", cells });
	act(() => render(<Table desk={desk} at={at} picked={picked} {...on} />, el));
	return { kernel, ...on };
}

function spots(): HTMLElement[] {
	return [...el.querySelectorAll<HTMLElement>("[role=gridcell]")];
}

test("of 10,000 cells those in view are drawn, and all are counted", () => {
	shown(1000, 10);

	expect(spots().length).toBeLessThan(80);
	expect(el.querySelectorAll("*").length).toBeLessThan(400);
	expect(el.querySelector("[role=grid]")?.getAttribute("aria-rowcount")).toBe(
		"1001",
	);
});

test("one cell alone is reached by Tab", () => {
	shown(3, 3, { at: { row: 1, col: 2 } });

	expect(
		spots()
			.filter(({ tabIndex }) => tabIndex === 0)
			.map((spot) => spot.dataset.id),
	).toEqual(["5"]);
});

test("the active cell stays where the focus can be, however far it is scrolled away", () => {
	shown(1000, 2, { at: { row: 900, col: 1 } });

	expect(spots().some(({ dataset }) => dataset.id === "1801")).toBe(true);
});

test("a cell is named by its place and its state", () => {
	shown(1, 2, { traits: { states: "df" } });

	expect(
		spots().map((spot) => spot.ariaLabel ?? spot.getAttribute("aria-label")),
	).toEqual(["prompt 0, seed 0: done", "prompt 0, seed 1: failed"]);
});

test("a click opens, and with Ctrl it picks", () => {
	const { onOpen, onPick } = shown(1, 2);
	const [first, second] = spots();

	act(() => first?.click());
	act(
		() =>
			void second?.dispatchEvent(
				new MouseEvent("click", { bubbles: true, ctrlKey: true }),
			),
	);

	expect(onOpen).toHaveBeenCalledWith({ row: 0, col: 0 });
	expect(onPick).toHaveBeenCalledWith({ row: 0, col: 1 });
});

test("the picked are A and B in the order in which they were picked", () => {
	shown(1, 3, { picked: [2, 0] });

	expect(
		[...el.querySelectorAll(".rw-spot-pick")].map(
			({ textContent }) => textContent,
		),
	).toEqual(["B", "A"]);
	expect(spots().map((spot) => spot.getAttribute("aria-selected"))).toEqual([
		"true",
		"false",
		"true",
	]);
});

test("a cell tells its cost, time and seed, that it was here, its stars and its double", () => {
	shown(1, 1, {
		cells: [
			cell(0, { seed: "42", cached: true, stars: 3, twin: 5, note: "good" }),
		],
	});

	expect(el.querySelector(".rw-spot-caption")?.textContent).toBe(
		"✎≈★★★$0.0013 · 1.8 s · cached · seed 42",
	);
});

test("a failed cell says why, and can be retried without being opened", () => {
	const { kernel, onOpen } = shown(1, 1, {
		traits: { states: "f" },
		cells: [cell(0, { state: "f", source: null, error: "no such model" })],
	});

	act(() => el.querySelector<HTMLElement>(".rw-spot-failed button")?.click());

	expect(el.textContent).toContain("no such model");
	expect(kernel.sent).toEqual([{ kind: "retry", ids: [0] }]);
	expect(onOpen).not.toHaveBeenCalled();
});

test("markup in prompts and errors stays text", () => {
	const page = model(1, 1).get("page");
	const rows = [
		{ ...page.rows[0], label: "<img src=x onerror=alert(1)>" },
	] as typeof page.rows;
	shown(1, 1, {
		traits: { page: { ...page, rows } },
		cells: [cell(0, { error: "<b>x</b>" })],
	});

	expect(el.querySelector("img[src=x]")).toBeNull();
	expect(el.textContent).toContain("<img src=x onerror=alert(1)>");
});

test("when no row passes the filter, it says so", () => {
	shown(0, 2);

	expect(el.textContent).toContain("No row passes the filter.");
});
