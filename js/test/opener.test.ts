import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";
import { page } from "../src/core/page";
import opener from "../src/widgets/opener";
import { Model } from "./model";
import { text } from "./source";

type Kernel = Model<Record<string, never>>;
let leaving: (() => void)[] = [];

beforeEach(() => {
	document.body.innerHTML =
		'<p data-runware="uuid/a.png">facts</p><p data-runware="uuid/0">facts</p><p>none</p>';
});

afterEach(() => {
	for (const leave of leaving) {
		leave();
	}
	leaving = [];
	expect(page().openers).toEqual([]);
});

function started(): Kernel {
	const model: Kernel = new Model({});
	leaving.push(opener.initialize(model.props(document.body)));
	return model;
}

function buttons(): HTMLButtonElement[] {
	return [...document.querySelectorAll<HTMLButtonElement>(".rw-open")];
}

/** Wait for what the page does at its next frame. */
async function settled(): Promise<void> {
	await act(
		() =>
			new Promise<void>((done) =>
				requestAnimationFrame(() => setTimeout(done, 20)),
			),
	);
}

test("each card has one button, also one that is drawn later, and nothing else has", async () => {
	started();
	await settled();
	document.body.insertAdjacentHTML("beforeend", '<p data-runware="x/0"></p>');
	await settled();
	await settled();

	expect(
		buttons().map(({ parentElement }) => parentElement?.dataset.runware),
	).toEqual(["uuid/a.png", "uuid/0", "x/0"]);
});

test("pressed, it asks for its card, and opens what it is told", async () => {
	const model = started();
	await settled();
	buttons()[0]?.click();
	expect(model.sent.at(-1)).toEqual({ kind: "open", key: "uuid/a.png" });

	model.tell({ kind: "open", key: "uuid/a.png", sources: [text("0", "hi")] });
	await settled();

	expect(document.querySelector("dialog .rw-text")?.textContent).toBe("hi");
	expect(document.querySelector(".rw-open-told")).toBeNull();
});

test("what goes wrong is told on the card", async () => {
	const model = started();
	await settled();
	buttons()[1]?.click();

	model.tell({ kind: "open", key: "uuid/0", error: "<b>it is gone</b>" });
	await settled();

	expect(document.querySelector("[role=status]")?.textContent).toBe(
		"<b>it is gone</b>",
	);
	expect(document.querySelector("b")).toBeNull();
});

test("where the newest kernel knows nothing of it, the one before is asked", async () => {
	const first = started();
	const second = started();
	await settled();
	buttons()[0]?.click();
	expect(first.sent).toEqual([]);

	second.tell({ kind: "open", key: "uuid/a.png", error: "unknown" });
	await settled();

	expect(first.sent).toEqual([{ kind: "open", key: "uuid/a.png" }]);
	first.tell({ kind: "open", key: "uuid/a.png", sources: [text("0", "hi")] });
	await settled();
	expect(document.querySelector("dialog .rw-text")?.textContent).toBe("hi");
});

test("a kernel whose notebook was closed has no buttons", async () => {
	const model = started();
	model.send = () => {
		throw new Error("Cannot send");
	};
	await settled();

	expect(buttons()).toEqual([]);
});

test("when the newest is gone, the one before it takes over", async () => {
	const first = started();
	started();
	await settled();
	leaving[1]?.();

	buttons()[0]?.click();

	expect(first.sent.at(-1)).toEqual({ kind: "open", key: "uuid/a.png" });
});
