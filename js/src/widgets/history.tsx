import { asking } from "../core/asking";
import { Desk } from "../past/desk";
import { Past } from "../past/past";
import type { Traits } from "../past/protocol";

/** The traits of `runware_nb/widgets/history.py`. */
export type Model = Traits;

export default asking<Model, Desk>(
	"history",
	(model) => new Desk(model),
	(desk, supply) => <Past desk={desk} supply={supply} />,
);
