import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gridWords } from "../src/core/words";
import { Desk } from "../src/grid/desk";
import type { Duel, Traits } from "../src/grid/protocol";
import { Vote } from "../src/grid/vote";
import { model } from "./grid";
import type { Model } from "./model";
import { source, supply } from "./source";

const DUEL: Duel = {
	left: 4,
	right: 2,
	sources: [source({ key: "4" }), source({ key: "2" })],
	prompt: "a fox",
};
let el: HTMLElement;
let kernel: Model<Traits>;

beforeEach(() => {
	el = document.createElement("div");
	document.body.replaceChildren(el);
	kernel = model(1, 6);
	const desk = new Desk(kernel.props(el).model);
	const draw = () =>
		act(() =>
			render(<Vote desk={desk} supply={supply} onClose={() => {}} />, el),
		);
	desk.onChange = draw;
	draw();
});

afterEach(() => {
	act(() => render(null, el));
});

/** The kernel gives a pair, or says that there is none. */
async function dealt(pair: Duel): Promise<void> {
	kernel.tell({ kind: "pair", pair });
	await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

function press(key: string): void {
	const box = el.querySelector(".rw-vote");
	act(
		() =>
			void box?.dispatchEvent(
				new KeyboardEvent("keydown", { key, bubbles: true }),
			),
	);
}

test("opened, it asks for a pair, and shows none before it has one", () => {
	expect(kernel.sent).toEqual([{ kind: "pair" }]);
	expect(el.querySelector(".rw-compare")).toBeNull();
});

test("the pair is shown without a word of who made it", async () => {
	await dealt(DUEL);

	expect(el.querySelectorAll(".rw-view").length).toBe(2);
	expect(el.textContent).toContain("a fox");
	expect(el.textContent).not.toContain("runware:101@1");
});

test.each([
	["1", "left"],
	["2", "right"],
	["3", "tie"],
	["4", "bad"],
])(
	"%s says %s, and the pair is gone until the next has come",
	async (key, winner) => {
		await dealt(DUEL);

		press(key);

		expect(kernel.sent.at(-1)).toMatchObject({
			kind: "vote",
			left: 4,
			right: 2,
			winner,
		});
		press(key);
		expect(kernel.sent.length).toBe(2);
	},
);

test("z takes the last one back", async () => {
	await dealt(DUEL);

	press("z");

	expect(kernel.sent.at(-1)).toEqual({ kind: "undo" });
});

test("when none is left, it says so", async () => {
	await dealt(null);

	expect(el.textContent).toContain(gridWords.votes.over);
});
