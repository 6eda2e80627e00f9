import { gridWords } from "../core/words";
import type { Desk } from "./desk";
import type { Cell, State } from "./protocol";

const told = gridWords;
const STATES: Record<State, keyof typeof told.state> = {
	i: "idle",
	q: "queued",
	r: "running",
	d: "done",
	f: "failed",
	s: "stopped",
};

/** The state of a cell, by its letter. */
export function stateOf(letter: string | undefined): keyof typeof told.state {
	return STATES[letter as State] ?? "idle";
}

type Props = { desk: Desk; id: number; state: keyof typeof told.state };

/** What a cell shows: what it made, or how far it is; and under that a line of facts. */
export function Spot({ desk, id, state }: Props) {
	const cell = desk.cell(id);
	return (
		<>
			<div class="rw-spot-media" data-state={state}>
				{state === "done" && cell ? (
					<Made desk={desk} cell={cell} />
				) : (
					<Unmade desk={desk} id={id} state={state} cell={cell} />
				)}
			</div>
			<Caption cell={cell} state={state} />
		</>
	);
}

function Made({ desk, cell }: { desk: Desk; cell: Cell }) {
	const { source } = cell;
	const still = desk.pictures.get(cell.id) || source?.poster;
	const plays = source?.medium === "video" || source?.medium === "audio";
	if (still) {
		return (
			<>
				<img src={still} alt={source?.alt ?? ""} decoding="async" />
				{plays && <span class="rw-spot-play" aria-hidden="true" />}
				{source?.medium === "3d" && <span class="rw-spot-tag">3D</span>}
			</>
		);
	}
	if (source?.text) {
		return <p class="rw-spot-text">{source.text}</p>;
	}
	return <span class="rw-spot-quiet">{source?.medium ?? told.state.done}</span>;
}

function Unmade({ desk, id, state, cell }: Props & { cell: Cell | undefined }) {
	if (state === "failed") {
		return (
			<div class="rw-spot-failed">
				<p title={cell?.error}>{cell?.error || told.state.failed}</p>
				<button
					type="button"
					tabIndex={-1}
					onClick={(event) => {
						event.stopPropagation();
						desk.ask({ kind: "retry", ids: [id] });
					}}
				>
					{told.retry}
				</button>
			</div>
		);
	}
	const percent =
		cell && cell.percent >= 0 ? `${Math.round(cell.percent)} %` : "";
	return (
		<span class="rw-spot-quiet">
			{state === "running" && percent ? percent : told.state[state]}
		</span>
	);
}

/** Cost, time and seed; what people think of it; and that it looks like another. */
function Caption({ cell, state }: { cell: Cell | undefined; state: string }) {
	const facts = cell
		? [
				cell.cost,
				state === "done" && cell.time,
				cell.cached && told.cached,
				cell.seed && told.seed(cell.seed),
			]
		: [];
	const line = facts.filter(Boolean).join(" · ");
	const thoughts = [cell?.note, ...(cell?.tags ?? [])].filter(Boolean);
	const marks = [
		thoughts.length > 0 && (["✎", thoughts.join(" · ")] as const),
		cell && cell.twin >= 0 && (["≈", told.twin] as const),
	].filter((mark) => !!mark);
	// Few elements: there may be a hundred of these on a page.
	return (
		<div class="rw-spot-caption" title={line}>
			{marks.length > 0 && (
				<span title={marks.map(([, meaning]) => meaning).join("\n")}>
					{marks.map(([mark]) => mark)}
				</span>
			)}
			{cell && cell.stars > 0 && (
				<span class="rw-spot-stars" title={told.stars(cell.stars)}>
					{"★".repeat(cell.stars)}
				</span>
			)}
			{line}
		</div>
	);
}
