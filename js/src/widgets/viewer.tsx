import type { RenderProps } from "@anywidget/types";
import { render as draw } from "preact";
import { useRef, useState } from "preact/hooks";
import { root } from "../core/root";
import { supplied } from "../core/supply";
import { watch } from "../core/watch";
import { words } from "../core/words";
import { Compare } from "../view/compare";
import { Single } from "../view/single";
import type { Source, Supply } from "../view/stage";

/** The traits of `runware_nb/widgets/viewer.py`. */
export type Model = { sources: Source[]; mode: "single" | "compare" };

type Props = Model & { supply: Supply };

/** One of the sources at a time, or two to compare. */
export function Viewer({ sources, mode, supply }: Props) {
	const [chosen, choose] = useState(0);
	const [a, b] = sources;
	if (mode === "compare" && a && b) {
		return <Compare a={a} b={b} supply={supply} inline onClose={() => {}} />;
	}
	const source = sources[chosen] ?? a;
	if (!source) {
		return <p>{words.viewer.nothing}</p>;
	}
	return (
		<>
			<Single key={source.key} source={source} supply={supply} />
			{sources.length > 1 && (
				<Strip
					sources={sources}
					chosen={sources.indexOf(source)}
					onChoose={choose}
				/>
			)}
		</>
	);
}

type StripProps = {
	sources: Source[];
	chosen: number;
	onChoose(index: number): void;
};

/** Thumbnails to choose from: radio buttons, so the arrow keys go from one to the next. */
function Strip({ sources, chosen, onChoose }: StripProps) {
	const name = useRef(`rw-strip-${Math.random()}`);
	return (
		<fieldset class="rw-strip">
			<legend class="rw-unseen">{words.viewer.strip}</legend>
			{sources.map(({ key, alt, medium, poster }, index) => (
				<label key={key} title={alt}>
					<input
						type="radio"
						class="rw-unseen"
						name={name.current}
						aria-label={`${index + 1}. ${alt}`}
						checked={index === chosen}
						onChange={() => onChoose(index)}
					/>
					{poster ? <img src={poster} alt="" /> : <span>{medium}</span>}
				</label>
			))}
		</fieldset>
	);
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

export default { render };
