import type { RenderProps } from "@anywidget/types";
import { render as draw } from "preact";
import { placed } from "../core/placed";
import { root } from "../core/root";
import { supplied } from "../core/supply";
import { Desk } from "../past/desk";
import { Past } from "../past/past";
import type { Traits } from "../past/protocol";

/** The traits of `runware_nb/widgets/history.py`. */
export type Model = Traits;

function render({ model, el }: RenderProps<Model>): () => void {
	const box = root("history");
	const supply = supplied(model);
	const desk = new Desk(model);
	el.append(box);
	desk.onChange = () => draw(<Past desk={desk} supply={supply} />, box);
	desk.onChange();
	return () => {
		draw(null, box);
		desk.dispose();
		supply.dispose();
		box.remove();
	};
}

export default placed(render);
