import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, expect, test, vi } from "vitest";
import { gridWords } from "../src/core/words";
import { Desk } from "../src/grid/desk";
import type { Traits } from "../src/grid/protocol";
import { line, Status, Toolbar } from "../src/grid/toolbar";
import { model, progress } from "./grid";

let el: HTMLElement;

beforeEach(() => {
	el = document.createElement("div");
	document.body.replaceChildren(el);
});

function shown(more: Partial<Traits> = {}) {
	const kernel = model(2, 3, more);
	const desk = new Desk(kernel.props(el).model);
	const on = { onVote: vi.fn(), onKeys: vi.fn() };
	act(() =>
		render(
			<>
				<Status desk={desk} />
				<Toolbar desk={desk} {...on} />
			</>,
			el,
		),
	);
	return { kernel, ...on };
}

function named<E extends HTMLElement>(name: string): E {
	return el.querySelector(`[aria-label="${name}"]`) as E;
}

function choose(name: string, value: string): void {
	const select = named<HTMLSelectElement>(name);
	select.value = value;
	act(() => void select.dispatchEvent(new Event("change", { bubbles: true })));
}

function buttons(): (string | null)[] {
	return [...el.querySelectorAll(".rw-status button")].map(
		({ textContent }) => textContent,
	);
}

test("an axis that is put where the other lies changes places with it", () => {
	const { kernel } = shown();

	choose("rows", "seed");

	expect(kernel.sent).toEqual([
		{ kind: "pivot", pivot: { rows: "seed", cols: "prompt" } },
	]);
});

test("each axis that is neither rows nor columns is leafed through, round and round", () => {
	const axes = [{ name: "steps", labels: ["10", "20"] }];
	const pivot = { ...model(1, 1).get("pivot"), pages: { steps: 1 } };
	const { kernel } = shown({ axes, pivot });

	act(() => named(gridWords.after("steps")).click());

	expect(kernel.sent).toEqual([
		{ kind: "pivot", pivot: { pages: { steps: 0 } } },
	]);
});

test.each([
	["filter", "show", "different"],
	["sort", "order", "cost"],
])(
	"a %s is asked of the kernel, which has all the cells",
	(name, label, value) => {
		const { kernel } = shown();

		choose(label, value);

		expect(kernel.sent).toEqual([{ kind: "pivot", pivot: { [name]: value } }]);
	},
);

test.each([
	["idle", { idle: 6 }, ["Run"]],
	["running", { running: 6 }, ["Pause", "Stop"]],
	["paused", { queued: 6 }, ["Go on", "Stop"]],
	["stopped", { done: 4 }, ["Run"]],
	["done", { done: 4, failed: 2 }, ["Retry failed"]],
	["done", { done: 6 }, []],
] as const)("%s, it offers what can be done", (state, counts, offered) => {
	shown({ progress: progress({ state, all: 6, ...counts }) });

	expect(buttons()).toEqual(offered);
});

test("where nothing can be compared, voting says why it is not to be had", () => {
	shown({ votes: { done: 0, of: 0, told: "an axis is needed" } });
	const vote = [...el.querySelectorAll("button")].find(
		({ textContent }) => textContent === gridWords.vote,
	);

	expect(vote?.disabled).toBe(true);
	expect(vote?.title).toBe("an axis is needed");
});

test("before it runs, the line tells the price with its bounds and what has none", () => {
	const estimate = {
		low: 0.03,
		likely: 0.04,
		high: 0.05,
		unpriced: 2,
		make: 24,
	};

	expect(
		line(progress({ state: "idle", idle: 24, all: 24, estimate })),
	).toEqual(["0 of 24", "about $0.04 ($0.03 to $0.05)", "2 of unknown price"]);
});

test("while it runs, the line tells counts, money of its cap, and the time that is left", () => {
	const now = progress({
		state: "running",
		done: 1200,
		failed: 2,
		running: 50,
		all: 10_000,
		spent: 0.036,
		cap: 0.05,
		left: 65,
	});

	expect(line(now)).toEqual([
		"1,200 of 10,000",
		"2 failed",
		"50 running",
		"spent $0.036 of $0.05",
		"1 min 5 s left",
	]);
});
