import { words } from "../core/words";
import { Dialog } from "../view/dialog";

/** The keyboard map. */
export function Keys({ onClose }: { onClose(): void }) {
	return (
		<Dialog label={words.grid.keys.title} isSmall onClose={onClose}>
			<dl class="rw-keys">
				{words.grid.keys.map.map(([keys, does]) => (
					<div key={keys}>
						<dt>
							<kbd>{keys}</kbd>
						</dt>
						<dd>{does}</dd>
					</div>
				))}
			</dl>
		</Dialog>
	);
}
