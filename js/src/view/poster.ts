import { h } from "../core/dom";
import type { Source, Stage } from "./stage";

/** A still of what a page cannot play. */
export function poster(source: Source): Stage {
	const image = h("img", {
		class: "rw-media",
		alt: source.alt,
		src: source.poster,
		hidden: source.poster === "",
	});
	const content = h("div", { class: "rw-content" }, image);
	return {
		element: h(
			"div",
			{ class: "rw-stage" },
			h("div", { class: "rw-view" }, content),
		),
		onView: null,
		show: () => undefined,
		dispose: () => undefined,
	};
}
