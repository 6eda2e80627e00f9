import { beforeEach, expect, test } from "vitest";
import cancel, { type Model as Traits } from "../src/widgets/cancel";
import { Model } from "./model";

let el: HTMLElement;

beforeEach(() => {
	el = document.createElement("div");
	document.body.replaceChildren(el);
});

function show(traits: Partial<Traits> = {}) {
	const model = new Model<Traits>({
		label: "Cancel",
		state: "ready",
		...traits,
	});
	const cleanup = cancel.render(model.props(el));
	const button = el.querySelector("button") as HTMLButtonElement;
	return { model, button, cleanup };
}

test("a ready button carries its label and can be pressed", () => {
	const { button } = show({ label: "Stop the run" });

	expect(button.textContent).toBe("Stop the run");
	expect(button.getAttribute("aria-disabled")).toBe("false");
});

test("a press is sent once, and shown at once", () => {
	const { model, button } = show();

	button.click();
	button.click();

	expect(model.sent).toEqual([{ kind: "cancel" }]);
	expect(button.textContent).toBe("Cancelling…");
	expect(button.getAttribute("aria-disabled")).toBe("true");
});

test("a pressed button keeps the focus, so the keyboard keeps its place", () => {
	const { button } = show();

	button.focus();
	button.click();

	expect(document.activeElement).toBe(button);
});

test("a press that the kernel reports is shown, and pressing again sends nothing", () => {
	const { model, button } = show();

	model.set("state", "pressed");
	button.click();

	expect(button.textContent).toBe("Cancelling…");
	expect(model.sent).toEqual([]);
});

test("when gone, it is hidden and sends nothing", () => {
	const { model, button } = show();

	model.set("state", "gone");
	button.click();

	expect(button.closest<HTMLElement>(".runware-nb-cancel")?.hidden).toBe(true);
	expect(model.sent).toEqual([]);
});

test("markup in a label stays text", () => {
	const { button } = show({ label: "<img src=x onerror=alert(1)>" });

	expect(button.textContent).toBe("<img src=x onerror=alert(1)>");
	expect(button.children).toHaveLength(0);
});

test("the label follows its trait", () => {
	const { model, button } = show();

	model.set("label", "Cancel 3 tasks");

	expect(button.textContent).toBe("Cancel 3 tasks");
});

test("JupyterLab's shortcuts are kept away from the element that has the focus", () => {
	const { button } = show();

	button.focus();

	expect(button.dataset.lmSuppressShortcuts).toBe("true");
});

test("the cleanup leaves neither elements nor listeners", () => {
	const { model, cleanup } = show();

	cleanup();

	expect(el.childElementCount).toBe(0);
	expect(model.listening).toBe(0);
});
