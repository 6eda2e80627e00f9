import type { RenderProps } from "@anywidget/types";
import { h } from "../core/dom";
import { placed } from "../core/placed";
import { root } from "../core/root";
import { watch } from "../core/watch";

/** The traits of `runware_nb/widgets/cancel.py`. */
export type Model = { label: string; state: "ready" | "pressed" | "gone" };

const PRESSED = "Cancelling…";

function render({ model, el }: RenderProps<Model>): () => void {
	const button = h("button", { type: "button" });
	// The change of words is spoken, and only that: the region itself is there from the start.
	const box = root("cancel");
	box.setAttribute("aria-live", "polite");
	box.append(button);
	el.append(box);

	let pressed = false;

	function draw(): void {
		const state = model.get("state");
		const waiting = pressed || state === "pressed";
		box.hidden = state === "gone";
		button.textContent = waiting ? PRESSED : model.get("label");
		// Not the `disabled` attribute: it would throw keyboard focus back to the top of the page.
		button.setAttribute("aria-disabled", String(waiting));
	}

	function press(): void {
		if (pressed || model.get("state") !== "ready") {
			return;
		}
		pressed = true; // shown at once, though a busy kernel may answer late
		draw();
		model.send({ kind: "cancel" });
	}

	button.addEventListener("click", press);
	const unwatch = watch(model, ["label", "state"], draw);
	return () => {
		unwatch();
		button.removeEventListener("click", press);
		box.remove();
	};
}

export default placed(render);
