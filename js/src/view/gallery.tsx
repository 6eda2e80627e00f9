import { useRef, useState } from "preact/hooks";
import { words } from "../core/words";
import { Single } from "./single";
import type { Source, Supply } from "./stage";

type Props = { sources: Source[]; supply: Supply };

/** One of several sources, and thumbnails to choose from. */
export function Gallery({ sources, supply }: Props) {
	const [chosen, choose] = useState(0);
	const source = sources[chosen] ?? sources[0];
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

/** Radio buttons, so the arrow keys go from one to the next. */
function Strip({ sources, chosen, onChoose }: StripProps) {
	const name = useRef(`rw-strip-${Math.random()}`).current;
	return (
		<fieldset class="rw-strip">
			<legend class="rw-unseen">{words.viewer.strip}</legend>
			{sources.map(({ key, alt, medium, poster }, index) => (
				<label key={key} title={alt}>
					<input
						type="radio"
						class="rw-unseen"
						name={name}
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
