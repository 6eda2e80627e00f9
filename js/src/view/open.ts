import { film } from "./film";
import { picture } from "./picture";
import { poster } from "./poster";
import { solid } from "./solid";
import { sound } from "./sound";
import type { Source, Stage, Supply } from "./stage";
import { writing } from "./writing";

const STAGES: Record<string, (source: Source, supply: Supply) => Stage> = {
	image: picture,
	vector: picture,
	video: film,
	audio: sound,
	"3d": solid,
	text: writing,
};

/** Draw a source as its medium wants it. */
export function stage(source: Source, supply: Supply): Stage {
	return (STAGES[source.medium] ?? poster)(source, supply);
}
