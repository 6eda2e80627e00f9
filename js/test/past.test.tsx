import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as chunk from "../src/chunks/past";
import type { Message } from "../src/core/ask";
import { page } from "../src/core/page";
import { pastWords, words } from "../src/core/words";
import type { Row, Traits } from "../src/past/protocol";
import history from "../src/widgets/history";
import { Model } from "./model";

const ROW: Row = {
	row: 0,
	status: "done",
	medium: "image",
	kind: "image",
	model: "bfl-flux-1-dev",
	air: "runware:101@1",
	words: "a red fox",
	problem: "",
	notebook: "",
	name: "",
	when: "2026-03-14 10:40",
	cost: "$0.001",
	sandbox: false,
	stars: 0,
	tags: ["keep"],
	note: "",
};
const TRAITS: Traits = {
	sieve: {
		words: "",
		model: "",
		kind: "",
		status: "",
		notebook: "",
		tag: "",
		since: "",
		until: "",
		starred: false,
		money: "",
	},
	found: {
		revision: 1,
		siftings: 1,
		state: "ready",
		told: "",
		rows: 1,
		spent: 0.001,
		pretended: 0,
		unknown: 0,
		whole: true,
	},
	choices: { kinds: ["image"], models: [], notebooks: [], tags: ["keep"] },
};

let el: HTMLElement;
let model: Model<Traits>;
let cleanup: () => void;

beforeEach(() => {
	delete (globalThis as { __runware_nb?: unknown }).__runware_nb;
	// The kernel then need not send its code, which Node could not import from a blob: address.
	page().modules.set("past s1", Promise.resolve(chunk));
	el = document.createElement("div");
	document.body.replaceChildren(el);
	model = new Model<Traits>(TRAITS);
	act(() => {
		cleanup = history.render(model.props(el));
	});
});

afterEach(() => {
	act(() => cleanup());
	expect(model.listening).toBe(0);
});

vi.setConfig({ testTimeout: 60_000 });

/** Wait for what the page does at its next frames, however busy the machine is. */
function until(holds: () => void): Promise<void> {
	return vi.waitFor(holds, { timeout: 20_000 });
}

/** How often the chunk was asked for. */
function asked(): number {
	return model.sent.filter((said) => (said as Message).kind === "chunk").length;
}

/** Tell of the rows, and wait until they are drawn. */
async function arrived(): Promise<void> {
	model.tell({ kind: "rows", revision: 1, rows: [ROW] });
	await until(() => expect(el.textContent).toContain("a red fox"));
}

async function press(key: string): Promise<void> {
	const event = new KeyboardEvent("keydown", { key, bubbles: true });
	await act(() => void el.querySelector(".rw-past-row")?.dispatchEvent(event));
}

const told = () => el.querySelector(".rw-past-told")?.textContent;
const dialog = () => el.querySelector("dialog")?.getAttribute("aria-label");

test("dialogs are had as soon as there are rows to press", async () => {
	expect(asked()).toBe(0);

	await arrived();

	await until(() => expect(asked()).toBe(1));
});

test("once they are here, a kernel that hears nothing holds none of them up", async () => {
	await arrived();
	await until(() => expect(asked()).toBe(1));
	model.tell({ kind: "chunk", name: "past", sha256: "s1" });
	await until(() => expect(page().modules.size).toBe(1));

	for (const [key, label] of [
		["?", pastWords.keys.title],
		["t", pastWords.tagTitle(1)],
		["e", pastWords.exportTitle(1)],
	] as const) {
		await press(key);
		await until(() => expect(dialog()).toBe(label));
		act(() => el.querySelector("dialog")?.close());
		await until(() => expect(dialog()).toBeUndefined());
	}
	expect(asked()).toBe(1);
});

test("what cannot be opened says why, and is asked for again with the next key", async () => {
	await arrived();
	await until(() => expect(asked()).toBe(1));
	await press("?");
	expect(told()).toBe(pastWords.opening);

	model.tell({ kind: "chunk", name: "past", error: words.kernel.silent });
	await until(() => expect(told()).toBe(words.kernel.silent));
	expect(dialog()).toBeUndefined();

	await press("?");
	await until(() => expect(asked()).toBe(2));
	model.tell({ kind: "chunk", name: "past", sha256: "s1" });
	await until(() => expect(dialog()).toBe(pastWords.keys.title));
});
