import type { RenderProps } from "@anywidget/types";
import { render as draw } from "preact";
import { placed } from "../core/placed";
import { root } from "../core/root";
import { supplied } from "../core/supply";
import { Bench } from "../grid/bench";
import { Desk } from "../grid/desk";
import type { Traits } from "../grid/protocol";

/** The traits of `runware_nb/widgets/grid.py`. */
export type Model = Traits;

function render({ model, el }: RenderProps<Model>): () => void {
	const box = root("grid");
	const supply = supplied(model);
	const desk = new Desk(model);
	el.append(box);
	desk.onChange = () => draw(<Bench desk={desk} supply={supply} />, box);
	desk.onChange();
	return () => {
		draw(null, box);
		desk.dispose();
		supply.dispose();
		box.remove();
	};
}

export default placed(render);
