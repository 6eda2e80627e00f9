import type { AnyModel } from "@anywidget/types";
import { render as draw, type VNode } from "preact";
import { placed } from "./placed";
import { root } from "./root";
import { supplied } from "./supply";

/** What holds the state of a page: it tells when to draw anew, and asks Python by its model. */
interface Desk {
	onChange: () => void;
	dispose(): void;
}

/** A widget of `runware_nb/widgets/asking.py`: drawn from a desk of its own each time it stands on a page. */
export function asking<T extends Record<string, unknown>, D extends Desk>(
	name: string,
	desked: (model: AnyModel<T>) => D,
	drawn: (desk: D, supply: ReturnType<typeof supplied>) => VNode,
) {
	return placed<T>(({ model, el }) => {
		const box = root(name);
		const supply = supplied(model);
		const desk = desked(model);
		el.append(box);
		desk.onChange = () => draw(drawn(desk, supply), box);
		desk.onChange();
		return () => {
			draw(null, box);
			desk.dispose();
			supply.dispose();
			box.remove();
		};
	});
}
