import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { supplied } from "../src/core/supply";
import { words } from "../src/core/words";
import { Model } from "./model";

const CODE = "export const answer = 42";
const BYTES = new TextEncoder().encode(CODE);

beforeEach(() => {
	delete (globalThis as { __runware_nb?: unknown }).__runware_nb;
	// Node imports from data: addresses, not from blob: ones; those are tested in a browser.
	vi.spyOn(URL, "createObjectURL").mockReturnValue(
		`data:text/javascript,${encodeURIComponent(CODE)}`,
	);
});

afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

/** A widget whose kernel sends the chunk, or only its name to a page that has it. */
function widget(sha256 = "s1") {
	const model = new Model({});
	const supply = supplied(model.props(document.body).model);

	async function answer(nth = 0): Promise<void> {
		await vi.waitFor(() => expect(model.sent).toHaveLength(nth + 1));
		const { name, have } = model.sent[nth] as { name: string; have: string[] };
		const buffers = have.includes(sha256) ? [] : [BYTES];
		model.tell({ kind: "chunk", name, sha256 }, ...buffers);
	}

	return { model, supply, answer };
}

test("a chunk is a module that the kernel sends", async () => {
	const { supply, answer } = widget();

	const [module] = await Promise.all([
		supply.chunk<{ answer: number }>("mesh"),
		answer(),
	]);

	expect(module.answer).toBe(42);
});

test("a widget asks for a chunk once", async () => {
	const { model, supply, answer } = widget();

	await Promise.all([supply.chunk("mesh"), supply.chunk("mesh"), answer()]);
	await supply.chunk("mesh");

	expect(model.sent).toHaveLength(1);
});

test("widgets that ask at the same time get one copy between them", async () => {
	const [first, second] = [widget(), widget()];
	const asked = [first.supply.chunk("mesh"), second.supply.chunk("mesh")];

	await first.answer();
	await second.answer();

	const [one, other] = await Promise.all(asked);
	expect(one).toBe(other);
	expect(second.model.sent).toEqual([
		{ kind: "chunk", name: "mesh", have: ["s1"] },
	]);
});

test("another version of a chunk is loaded beside the first", async () => {
	const [first, second] = [widget("s1"), widget("s2")];
	await Promise.all([first.supply.chunk("mesh"), first.answer()]);

	const asked = second.supply.chunk("mesh");
	await second.answer();

	await asked;
	expect(URL.createObjectURL).toHaveBeenCalledTimes(2);
});

test("the kernel's refusal is told, and asking again asks the kernel again", async () => {
	const { model, supply, answer } = widget();
	const asked = supply.chunk("mesh");
	const refused = expect(asked).rejects.toThrow("no such part");
	await vi.waitFor(() => expect(model.sent).toHaveLength(1));

	model.tell({ kind: "chunk", name: "mesh", error: "no such part" });

	await refused;
	await Promise.all([supply.chunk("mesh"), answer(1)]);
});

test("a kernel that keeps silent is given up after fifteen seconds", async () => {
	vi.useFakeTimers();
	const { supply } = widget();
	const asked = expect(supply.chunk("mesh")).rejects.toThrow(
		words.kernel.silent,
	);

	await vi.advanceTimersByTimeAsync(15_000);

	await asked;
});

test("a kernel that is gone, whose socket throws, does not answer", async () => {
	const { model, supply } = widget();
	vi.spyOn(model, "send").mockImplementation(() => {
		throw new Error("Kernel is dead");
	});

	await expect(supply.chunk("mesh")).rejects.toThrow(words.kernel.silent);
	expect(model.listening).toBe(0);
});

test("answers to others change nothing", async () => {
	const { model, supply, answer } = widget();
	const asked = supply.chunk<{ answer: number }>("mesh");
	await vi.waitFor(() => expect(model.sent).toHaveLength(1));

	model.tell({ kind: "chunk", name: "wave", error: "not yours" });
	model.tell({ kind: "cells" });
	await answer();

	expect((await asked).answer).toBe(42);
});

test("when it goes, nobody listens any more", async () => {
	const { model, supply } = widget();
	const asked = expect(supply.chunk("mesh")).rejects.toThrow();
	await vi.waitFor(() => expect(model.sent).toHaveLength(1));

	supply.dispose();

	await asked;
	expect(model.listening).toBe(0);
});
