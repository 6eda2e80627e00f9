import { act } from "preact/test-utils";
import { beforeEach, expect, test } from "vitest";
import { gridWords, words } from "../src/core/words";
import type { Traits } from "../src/grid/protocol";
import grid from "../src/widgets/grid";
import { cell, model } from "./grid";
import type { Model } from "./model";

let el: HTMLElement;
let kernel: Model<Traits>;
let cleanup: () => void;

beforeEach(() => {
	el = document.createElement("div");
	document.body.replaceChildren(el);
	kernel = model(2, 3);
	kernel.tell({ kind: "cells", cells: [] });
	act(() => {
		cleanup = grid.render(kernel.props(el));
	});
	kernel.tell({
		kind: "cells",
		cells: [0, 1, 2, 3, 4, 5].map((id) => cell(id)),
	});
});

function press(key: string): void {
	const at = el.querySelector("[role=gridcell][tabindex='0']");
	act(
		() =>
			void at?.dispatchEvent(
				new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
			),
	);
}

function dialog(): HTMLDialogElement | null {
	return el.querySelector("dialog");
}

function active(): string | undefined {
	return el.querySelector<HTMLElement>("[role=gridcell][tabindex='0']")?.dataset
		.id;
}

test("arrows go from cell to cell, and not beyond the edge", () => {
	for (const key of ["ArrowRight", "ArrowDown", "ArrowDown", "End"]) {
		press(key);
	}
	expect(active()).toBe("5");
	press("Home");
	press("ArrowLeft");
	expect(active()).toBe("3");
});

test("digits give stars to the cell that has the focus", () => {
	press("ArrowRight");
	press("4");
	press("0");

	expect(kernel.sent.slice(-2)).toEqual([
		{ kind: "rate", id: 1, stars: 4 },
		{ kind: "rate", id: 1, stars: 0 },
	]);
});

test("two are picked and compared; a third takes the place of the first", () => {
	press(" ");
	press("c");
	expect(dialog()).toBeNull();
	for (const key of ["ArrowRight", " ", "ArrowRight", " "]) {
		press(key);
	}
	expect(
		[...el.querySelectorAll(".rw-spot-pick")].map(
			({ parentElement }) => parentElement?.dataset.id,
		),
	).toEqual(["1", "2"]);
	press("c");

	expect(dialog()?.getAttribute("aria-label")).toBe(words.compare.title);
});

test.each([
	["Enter", "a fox · 0"],
	["v", gridWords.votes.title],
	["n", gridWords.thoughts],
	["?", gridWords.keys.title],
])("%s opens a dialog", (key, label) => {
	press(key);

	expect(dialog()?.getAttribute("aria-label")).toBe(label);
});

test("every key of the map does something, and no other key is taken from the notebook", () => {
	const at = el.querySelector("[role=gridcell][tabindex='0']");
	const taken = (key: string) => {
		const event = new KeyboardEvent("keydown", {
			key,
			bubbles: true,
			cancelable: true,
		});
		act(() => void at?.dispatchEvent(event));
		return event.defaultPrevented;
	};

	expect(
		["r", "f", "t", "i", "PageDown", "PageUp", "5"].filter(
			(key) => !taken(key),
		),
	).toEqual([]);
	expect(["b", "x", "q", "Escape"].filter(taken)).toEqual([]);
});

test("the cleanup leaves neither elements nor listeners", () => {
	act(() => cleanup());

	expect(el.childElementCount).toBe(0);
	expect(kernel.listening).toBe(0);
});
