import { useRef, useState } from "preact/hooks";
import { gridWords } from "../core/words";
import { Compare } from "../view/compare";
import { Dialog } from "../view/dialog";
import type { Supply } from "../view/stage";
import type { Desk } from "./desk";
import { Keys } from "./keys";
import { Opened, Thoughts } from "./opened";
import { type Place, Table } from "./table";
import { Status, Toolbar } from "./toolbar";
import { Vote } from "./vote";

const told = gridWords;

type Overlay = "open" | "compare" | "vote" | "keys" | "note" | "tags" | null;

/** The whole grid: how far it is, how it is laid out, the table, and what opens over it. */
export function Bench({ desk, supply }: { desk: Desk; supply: Supply }) {
	const [at, setAt] = useState<Place>({ row: 0, col: 0 });
	const [picked, setPicked] = useState<number[]>([]);
	const [overlay, setOverlay] = useState<Overlay>(null);
	const box = useRef<HTMLDivElement>(null);
	const page = desk.get("page");
	const title = desk.get("title");
	const rows = page.rows.length;
	const cols = page.cols.length;
	const place = {
		row: Math.min(at.row, Math.max(0, rows - 1)),
		col: Math.min(at.col, Math.max(0, cols - 1)),
	};
	const active = desk.idAt(place.row, place.col);
	const [a, b] = picked.map((id) => desk.cell(id)?.source);
	/** Close one, not what was opened meanwhile: a dialog tells late that it was closed. */
	const closes = (which: Overlay) => () =>
		setOverlay((now) => (now === which ? null : now));

	/** Pick a cell as A or B, or unpick it. */
	function pick(id: number): void {
		const rest = picked.filter((other) => other !== id);
		setPicked(rest.length < picked.length ? rest : [...picked, id].slice(-2));
	}

	function step(by: number): void {
		const all = rows * cols;
		const next = (place.row * cols + place.col + by + all) % all;
		setAt({ row: Math.floor(next / cols), col: next % cols });
	}

	function press(event: KeyboardEvent): void {
		const { target } = event;
		const isInTable =
			target instanceof Element && !!target.closest("[role=gridcell]");
		if (event.ctrlKey || event.metaKey || event.altKey || !isInTable) {
			return;
		}
		if (!does(event.key)) {
			return;
		}
		event.preventDefault();
		event.stopPropagation();
	}

	/** Do what a key says; whether it said anything. */
	function does(key: string): boolean {
		const visible = 5;
		const moves: Record<string, Place> = {
			ArrowUp: { row: place.row - 1, col: place.col },
			ArrowDown: { row: place.row + 1, col: place.col },
			ArrowLeft: { row: place.row, col: place.col - 1 },
			ArrowRight: { row: place.row, col: place.col + 1 },
			Home: { row: place.row, col: 0 },
			End: { row: place.row, col: cols - 1 },
			PageUp: { row: place.row - visible, col: place.col },
			PageDown: { row: place.row + visible, col: place.col },
		};
		const move = moves[key];
		if (move) {
			setAt({
				row: Math.min(Math.max(0, move.row), rows - 1),
				col: Math.min(Math.max(0, move.col), cols - 1),
			});
			return true;
		}
		if (/^[0-5]$/.test(key)) {
			desk.ask({ kind: "rate", id: active, stars: Number(key) });
			return true;
		}
		const acts: Record<string, () => void> = {
			Enter: () => setOverlay("open"),
			i: () => setOverlay("open"),
			" ": () => pick(active),
			c: () => setOverlay(picked.length === 2 ? "compare" : null),
			v: () => setOverlay("vote"),
			n: () => setOverlay("note"),
			t: () => setOverlay("tags"),
			r: () => desk.ask({ kind: "retry", ids: [active] }),
			f: () => desk.ask({ kind: "freeze" }),
			"?": () => setOverlay("keys"),
		};
		const act = acts[key];
		act?.();
		return !!act;
	}

	const cell = desk.cell(active);
	return (
		<div ref={box} class="rw-bench" onKeyDown={press}>
			{title && <b class="rw-bench-title">{title}</b>}
			<Status desk={desk} />
			<Toolbar
				desk={desk}
				onVote={() => setOverlay("vote")}
				onKeys={() => setOverlay("keys")}
			/>
			<Table
				desk={desk}
				at={place}
				picked={picked}
				onMove={setAt}
				onOpen={(where) => {
					setAt(where);
					setOverlay("open");
				}}
				onPick={(where) => {
					setAt(where);
					pick(desk.idAt(where.row, where.col));
				}}
			/>
			<div class="rw-bench-foot">
				<span>{told.hint}</span>
				{picked.length === 2 && (
					<button
						type="button"
						class="rw-button"
						onClick={() => setOverlay("compare")}
					>
						{told.compare}
					</button>
				)}
				{page.more > 0 && <span>{told.hidden(page.more)}</span>}
			</div>
			{overlay === "open" && (
				<Opened
					desk={desk}
					id={active}
					supply={supply}
					onStep={step}
					onClose={closes("open")}
				/>
			)}
			{overlay === "compare" && a && b && (
				<Compare a={a} b={b} supply={supply} onClose={closes("compare")} />
			)}
			{overlay === "vote" && (
				<Vote desk={desk} supply={supply} onClose={closes("vote")} />
			)}
			{overlay === "keys" && <Keys {...told.keys} onClose={closes("keys")} />}
			{(overlay === "note" || overlay === "tags") && cell && (
				<Dialog label={told.thoughts} isSmall onClose={closes(overlay)}>
					<form method="dialog">
						<Thoughts desk={desk} cell={cell} focus={overlay} />
						<button type="submit" class="rw-button">
							{told.keep}
						</button>
					</form>
				</Dialog>
			)}
		</div>
	);
}
