import { asking } from "../core/asking";
import { Board } from "../play/board";
import type { Traits } from "../play/protocol";
import { Table } from "../play/table";

/** The traits of `runware_nb/widgets/playground.py`. */
export type Model = Traits;

export default asking<Model, Table>(
	"playground",
	(model) => new Table(model),
	(table, supply) => <Board table={table} supply={supply} />,
);
