import { render } from "preact";
import { h } from "../core/dom";
import { words } from "../core/words";
import { Tool } from "./icons";
import type { Source, Stage } from "./stage";

const told = words.writing;

/** A text, as it was written, to read and to copy. */
export function writing(source: Source): Stage {
	const page = h(
		"div",
		{
			class: "rw-text",
			tabindex: "0",
			role: "group",
			"aria-label": source.alt,
		},
		source.text,
	);
	const bar = h("div", { class: "rw-tools" });

	async function copy(): Promise<void> {
		try {
			await navigator.clipboard.writeText(source.text);
			draw(told.copied);
		} catch {
			draw(told.refused);
		}
	}

	function draw(status = ""): void {
		render(
			<>
				<Tool icon="copy" label={told.copy} words={told.copy} onPress={copy} />
				<output>{status}</output>
			</>,
			bar,
		);
	}

	draw();
	return {
		element: h("div", { class: "rw-stage" }, page, bar),
		onView: null,
		show: () => undefined,
		dispose: () => render(null, bar),
	};
}
