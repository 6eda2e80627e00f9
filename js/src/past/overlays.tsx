import { pastWords } from "../core/words";
import { Keys } from "../grid/keys";
import { Compare } from "../view/compare";
import { Dialog } from "../view/dialog";
import { Gallery } from "../view/gallery";
import type { Source, Supply } from "../view/stage";
import { Again, type Props as Decided } from "./again";
import { Export, Tags, Text } from "./sheets";

const told = pastWords;

/** What opens over the rows. */
export type Overlay =
	| { kind: "view"; sources: Source[] }
	| { kind: "compare"; sources: Source[] }
	| { kind: "text"; title: string; text: string; href?: string }
	| { kind: "tag" | "again" | "export" | "keys" };

export type Props = Decided & { overlay: Overlay; supply: Supply };

/** A dialog, of whichever kind. */
export function Opened({ overlay, supply, ...decided }: Props) {
	const { onClose } = decided;
	switch (overlay.kind) {
		case "view":
			return (
				<Dialog label={overlay.sources[0]?.alt || told.table} onClose={onClose}>
					<Gallery sources={overlay.sources} supply={supply} />
				</Dialog>
			);
		case "compare": {
			const [a, b] = overlay.sources;
			return a && b ? (
				<Compare a={a} b={b} supply={supply} onClose={onClose} />
			) : null;
		}
		case "text":
			return <Text {...overlay} onClose={onClose} />;
		case "keys":
			return <Keys {...told.keys} onClose={onClose} />;
		case "tag":
			return <Tags {...decided} />;
		case "again":
			return <Again {...decided} />;
		case "export":
			return <Export {...decided} />;
	}
}
