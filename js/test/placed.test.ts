import type { AnyModel } from "@anywidget/types";
import { afterEach, expect, test, vi } from "vitest";
import { placed } from "../src/core/placed";
import { Model } from "./model";

const STILL = '<div data-runware-widget="abc"><p>still</p></div>';

const made: (() => void)[] = [];

afterEach(() => {
	for (const leave of made.splice(0)) {
		leave();
	}
	document.body.replaceChildren();
});

function widget(manager?: { isDisposed?: boolean; kernel?: object | null }) {
	const ended = vi.fn();
	const { initialize } = placed<{ place: string }>(({ el }) => {
		el.textContent = "live";
		return ended;
	});
	const model = new Model({ place: "abc" });
	Object.assign(model, { widget_manager: manager });
	const leave = initialize({ model: model as unknown as AnyModel });
	made.push(leave);
	return { ended, model, leave };
}

const drawn = () => new Promise((done) => requestAnimationFrame(done));

test("it draws in its place, also where that comes later or twice", async () => {
	document.body.innerHTML = STILL;
	widget();
	await drawn();
	expect(document.body.textContent).toBe("live");

	document.body.insertAdjacentHTML("beforeend", STILL);
	await vi.waitFor(() => expect(document.body.textContent).toBe("livelive"));
});

test("it lets alone what is another's", async () => {
	document.body.innerHTML = STILL.replace("abc", "def");
	widget();
	await drawn();

	expect(document.body.textContent).toBe("still");
});

test("a place that has gone is given up", async () => {
	document.body.innerHTML = STILL;
	const { ended } = widget();
	await drawn();
	document.body.replaceChildren();

	await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
});

test("as it goes, the static form is there again", async () => {
	document.body.innerHTML = STILL;
	const { ended, leave } = widget();
	await drawn();
	leave();

	expect(ended).toHaveBeenCalledOnce();
	expect(document.body.innerHTML).toBe(STILL);
});

test("while it is live it is no prose of JupyterLab's, and afterwards again", async () => {
	document.body.innerHTML = `<div class="jp-RenderedHTMLCommon">${STILL}</div>`;
	const { leave } = widget();
	await drawn();
	expect(document.querySelector(".jp-RenderedHTMLCommon")).toBeNull();
	leave();

	expect(document.querySelector(".jp-RenderedHTMLCommon")?.innerHTML).toBe(
		STILL,
	);
});

test("a widget whose kernel has gone, or was exchanged, draws in no place again", async () => {
	for (const next of [null, {}]) {
		document.body.innerHTML = STILL;
		const manager: { kernel: object | null } = { kernel: {} };
		const { ended } = widget(manager);
		await drawn();
		expect(document.body.textContent).toBe("live");
		manager.kernel = next;
		document.body.insertAdjacentHTML("beforeend", STILL);

		await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
		expect(document.body.textContent).toBe("stillstill");
		manager.kernel = {};
		document.body.insertAdjacentHTML("beforeend", STILL);
		await drawn();
		await drawn();
		expect(document.body.textContent).toBe("stillstillstill");
	}
});

test("a notebook that was closed and is open again is not drawn by the widget it had", async () => {
	document.body.innerHTML = STILL;
	const manager = { isDisposed: false, kernel: {} };
	const { ended } = widget(manager);
	await drawn();
	manager.isDisposed = true;
	document.body.innerHTML = STILL;

	await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
	await drawn();
	expect(document.body.textContent).toBe("still");
});

test("as its kernel restarts, the static form is there again", async () => {
	document.body.innerHTML = STILL;
	const { ended, model } = widget();
	await drawn();
	model.raise("comm_live_update");

	expect(ended).toHaveBeenCalledOnce();
	expect(document.body.innerHTML).toBe(STILL);
	expect(model.listening).toBe(0);
});
