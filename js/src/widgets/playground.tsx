import type { RenderProps } from "@anywidget/types";
import { render as draw } from "preact";
import { placed } from "../core/placed";
import { root } from "../core/root";
import { supplied } from "../core/supply";
import { Board } from "../play/board";
import type { Traits } from "../play/protocol";
import { Table } from "../play/table";

/** The traits of `runware_nb/widgets/playground.py`. */
export type Model = Traits;

function render({ model, el }: RenderProps<Model>): () => void {
	const box = root("playground");
	const supply = supplied(model);
	const table = new Table(model);
	el.append(box);
	table.onChange = () => draw(<Board table={table} supply={supply} />, box);
	table.onChange();
	return () => {
		draw(null, box);
		table.dispose();
		supply.dispose();
		box.remove();
	};
}

export default placed(render);
