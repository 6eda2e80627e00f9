import type { AnyModel } from "@anywidget/types";
import { afterEach, expect, test, vi } from "vitest";
import { placed } from "../src/core/placed";
import { Model } from "./model";

const STILL = '<div data-runware-widget="abc"><p>still</p></div>';

afterEach(() => {
	document.body.replaceChildren();
});

function widget() {
	const ended = vi.fn();
	const { initialize } = placed<{ place: string }>(({ el }) => {
		el.textContent = "live";
		return ended;
	});
	const model = new Model({ place: "abc" }) as unknown as AnyModel;
	return { ended, leave: initialize({ model }) };
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
