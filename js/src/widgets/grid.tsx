import { asking } from "../core/asking";
import { Bench } from "../grid/bench";
import { Desk } from "../grid/desk";
import type { Traits } from "../grid/protocol";

/** The traits of `runware_nb/widgets/grid.py`. */
export type Model = Traits;

export default asking<Model, Desk>(
	"grid",
	(model) => new Desk(model),
	(desk, supply) => <Bench desk={desk} supply={supply} />,
);
