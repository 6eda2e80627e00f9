import { act } from "preact/test-utils";
import { beforeEach, expect, test } from "vitest";
import { words } from "../src/core/words";
import viewer, { type Model as Traits } from "../src/widgets/viewer";
import { Model } from "./model";
import { source, text } from "./source";

let el: HTMLElement;

beforeEach(() => {
	el = document.createElement("div");
	document.body.replaceChildren(el);
});

function show(traits: Partial<Traits>) {
	const model = new Model<Traits>({ sources: [], mode: "single", ...traits });
	let cleanup = () => {};
	act(() => {
		cleanup = viewer.render(model.props(el));
	});
	return { model, cleanup: () => act(cleanup) };
}

function named<E extends HTMLElement>(name: string): E {
	return el.querySelector(`[aria-label="${name}"]`) as E;
}

test("a picture has a name, its preview at once, and its facts", () => {
	show({ sources: [source({ poster: "data:image/webp;base64,AAAA" })] });

	const image = el.querySelector("img");
	expect(image?.alt).toBe("a red fox");
	expect(image?.src).toBe("data:image/webp;base64,AAAA");
	expect(el.querySelector("dl")?.textContent).toBe("modelrunware:101@1seed42");
});

test("its original is asked for by its key", () => {
	const { model } = show({ sources: [source({ key: "7" })] });

	expect(model.sent).toMatchObject([{ kind: "asset", key: "7" }]);
});

test("one of several is chosen by radio buttons", () => {
	show({ sources: [text("0", "first"), text("1", "second")] });
	const [, second] = el.querySelectorAll<HTMLInputElement>("[type=radio]");

	act(() => second?.click());

	expect(el.querySelector(".rw-text")?.textContent).toBe("second");
});

test("one alone has no strip to choose from", () => {
	show({ sources: [text("0", "first")] });

	expect(el.querySelector("[type=radio]")).toBeNull();
});

test("with nothing to show it says so", () => {
	show({ sources: [] });

	expect(el.textContent).toBe(words.viewer.nothing);
});

test("Enter on a picture opens it large, and closing brings the focus back", () => {
	show({ sources: [source()] });
	const view = el.querySelector<HTMLElement>(".rw-view");
	view?.focus();

	act(
		() =>
			void view?.dispatchEvent(
				new KeyboardEvent("keydown", { key: "Enter", bubbles: true }),
			),
	);
	expect(el.querySelector("dialog")?.open).toBe(true);
	expect(document.activeElement?.closest("dialog")).not.toBeNull();
	act(() => named(words.dialog.close).click());

	expect(el.querySelector("dialog")).toBeNull();
	expect(document.activeElement).toBe(view);
});

test("a film fetches nothing before it is played", () => {
	const film = source({ medium: "video", poster: "data:image/webp;base64,AA" });
	const { model } = show({ sources: [film] });
	expect(model.sent).toEqual([]);

	act(() => named(words.film.play).click());

	expect(model.sent).toMatchObject([{ kind: "asset" }]);
});

test("a text is copied as it was written", async () => {
	show({ sources: [text("0", "  one\n two")] });

	await act(async () => named(words.writing.copy).click());

	expect(await navigator.clipboard.readText()).toBe("  one\n two");
	expect(el.querySelector("output")?.textContent).toBe(words.writing.copied);
});

test("two are compared where that is the mode", () => {
	show({ sources: [text("0", "a b"), text("1", "a c")], mode: "compare" });

	expect(el.querySelector("del")?.textContent).toBe("b");
	expect(el.querySelector("dialog")).toBeNull();
});

test("what gets the focus is kept from JupyterLab's shortcuts", () => {
	show({ sources: [source()] });
	const view = el.querySelector<HTMLElement>(".rw-view");

	view?.focus();

	expect(view?.dataset.lmSuppressShortcuts).toBe("true");
});

test("the cleanup leaves neither elements nor listeners", () => {
	const { model, cleanup } = show({ sources: [source(), text("1", "x")] });

	cleanup();

	expect(el.childElementCount).toBe(0);
	expect(model.listening).toBe(0);
});
