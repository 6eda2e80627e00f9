import type { AnyModel } from "@anywidget/types";

/** Draw now and after each change of the named traits. Returns what stops it. */
export function watch<T extends object>(
	model: AnyModel<T>,
	names: (keyof T & string)[],
	draw: () => void,
): () => void {
	for (const name of names) {
		model.on(`change:${name}`, draw);
	}
	draw();
	return () => {
		for (const name of names) {
			model.off(`change:${name}`, draw);
		}
	};
}
