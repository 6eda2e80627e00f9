import { h } from "./dom";

const SUPPRESS = "data-lm-suppress-shortcuts";

/**
 * The element every widget draws in: scopes its style to `.runware-nb-NAME`, and keeps JupyterLab's
 * one-letter shortcuts away from it. Without that, `b` pressed on a button would insert a cell.
 */
export function root(name: string): HTMLDivElement {
	const box = h("div", {
		// JupyterLab would typeset what stands between two prices as mathematics.
		class: `runware-nb runware-nb-${name} mathjax_ignore tex2jax_ignore`,
		[SUPPRESS]: "true",
	});
	// JupyterLab looks for the mark from the focused element upwards, but tries its shortcuts on that
	// element first, and they match any. So the mark has to be on whatever gets the focus.
	box.addEventListener("focusin", ({ target }) => {
		(target as Element).setAttribute(SUPPRESS, "true");
	});
	return box;
}
