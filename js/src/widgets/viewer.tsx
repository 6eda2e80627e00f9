import type { RenderProps } from "@anywidget/types";
import { render as draw } from "preact";
import { placed } from "../core/placed";
import { root } from "../core/root";
import { supplied } from "../core/supply";
import { watch } from "../core/watch";
import { Compare } from "../view/compare";
import { Gallery } from "../view/gallery";
import type { Source, Supply } from "../view/stage";

/** The traits of `runware_nb/widgets/viewer.py`. */
export type Model = { sources: Source[]; mode: "single" | "compare" };

type Props = Model & { supply: Supply };

/** One of the sources at a time, or two to compare. */
export function Viewer({ sources, mode, supply }: Props) {
	const [a, b] = sources;
	if (mode === "compare" && a && b) {
		return <Compare a={a} b={b} supply={supply} inline onClose={() => {}} />;
	}
	return <Gallery sources={sources} supply={supply} />;
}

function render({ model, el }: RenderProps<Model>): () => void {
	const box = root("viewer");
	const supply = supplied(model);
	el.append(box);

	const unwatch = watch(model, ["sources", "mode"], () => {
		const [sources, mode] = [model.get("sources"), model.get("mode")];
		draw(<Viewer sources={sources} mode={mode} supply={supply} />, box);
	});
	return () => {
		unwatch();
		draw(null, box);
		supply.dispose();
		box.remove();
	};
}

export default placed(render);
