import { Dialog } from "../view/dialog";

type Props = {
	title: string;
	map: readonly (readonly [string, string])[];
	onClose(): void;
};

/** The keyboard map. */
export function Keys({ title, map, onClose }: Props) {
	return (
		<Dialog label={title} isSmall onClose={onClose}>
			<dl class="rw-keys">
				{map.map(([keys, does]) => (
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
