import { gridWords } from "../core/words";
import { Dialog } from "../view/dialog";
import { Single } from "../view/single";
import type { Supply } from "../view/stage";
import type { Desk } from "./desk";
import type { Cell } from "./protocol";
import { tagsOf } from "./tags";

const told = gridWords;

type Props = {
	desk: Desk;
	id: number;
	supply: Supply;
	onStep(by: number): void;
	onClose(): void;
};

/** One cell, large: what it made, where it is, what is thought of it. */
export function Opened({ desk, id, supply, onStep, onClose }: Props) {
	const cell = desk.cell(id);
	const title = cell?.point.map(([, value]) => value).join(" · ") ?? "";
	return (
		<Dialog label={title || told.cell} onClose={onClose}>
			<div
				class="rw-opened"
				onKeyDown={({ key, target }) => {
					const writes =
						target instanceof HTMLInputElement ||
						target instanceof HTMLTextAreaElement;
					if (!writes && (key === "[" || key === "]")) {
						onStep(key === "[" ? -1 : 1);
					} else if (
						!writes &&
						/^[0-5]$/.test(key) &&
						target instanceof Element &&
						!target.closest(".rw-view")
					) {
						desk.ask({ kind: "rate", id, stars: Number(key) });
					}
				}}
			>
				{cell?.source ? (
					<Single key={id} source={cell.source} supply={supply} />
				) : (
					<p class="rw-problem">{cell?.error || told.nothing}</p>
				)}
				{cell && <Thoughts key={`thoughts ${id}`} desk={desk} cell={cell} />}
				<div class="rw-bar">
					<button type="button" class="rw-button" onClick={() => onStep(-1)}>
						‹ {told.previous} <kbd>[</kbd>
					</button>
					<button type="button" class="rw-button" onClick={() => onStep(1)}>
						{told.next} › <kbd>]</kbd>
					</button>
				</div>
			</div>
		</Dialog>
	);
}

type ThoughtsProps = {
	desk: Desk;
	cell: Cell;
	/** What a dialog begins with. */
	focus?: "note" | "tags";
};

/** Stars, a note and tags. */
export function Thoughts({ desk, cell, focus }: ThoughtsProps) {
	const { id } = cell;
	return (
		<div class="rw-thoughts">
			<fieldset>
				<legend class="rw-unseen">{told.rating}</legend>
				{[1, 2, 3, 4, 5].map((stars) => (
					<button
						key={stars}
						type="button"
						class="rw-star"
						aria-label={told.stars(stars)}
						aria-pressed={cell.stars >= stars}
						onClick={() =>
							desk.ask({
								kind: "rate",
								id,
								stars: cell.stars === stars ? 0 : stars,
							})
						}
					>
						{cell.stars >= stars ? "★" : "☆"}
					</button>
				))}
			</fieldset>
			<label>
				<span>{told.note}</span>
				<input
					type="text"
					maxLength={10000}
					autofocus={focus === "note"}
					value={cell.note}
					onChange={({ currentTarget }) =>
						desk.ask({ kind: "note", id, text: currentTarget.value })
					}
				/>
			</label>
			<label>
				<span>{told.tags}</span>
				<input
					type="text"
					autofocus={focus === "tags"}
					value={cell.tags.join(", ")}
					placeholder={told.tagsHint}
					onChange={({ currentTarget }) =>
						desk.ask({ kind: "tags", id, tags: tagsOf(currentTarget.value) })
					}
				/>
			</label>
		</div>
	);
}
