import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { gridWords } from "../core/words";
import type { Desk } from "./desk";
import type { Head } from "./protocol";
import { useScrolled } from "./scrolled";
import { Spot, stateOf } from "./spot";
import { reveal, type Span, span } from "./window";

const told = gridWords;
const HEAD_WIDTH = 148;
const HEAD_HEIGHT = 76;
const CAPTION = 26;
const PADDING = 12;
/** Pixels that it has until it is on the page. */
const USUAL = { width: 1000, height: 600 };
/** Rows and columns around those in view that are drawn too. Two would make a page of more than 300 elements. */
const BEYOND = 1;

/** A place on the page on screen. */
export type Place = { row: number; col: number };

type Props = {
	desk: Desk;
	at: Place;
	picked: number[];
	onMove(place: Place): void;
	onOpen(place: Place): void;
	onPick(place: Place): void;
};

/** The page of a grid. Only what is on screen, and a little around it, is in the document. */
export function Table({ desk, at, picked, onMove, onOpen, onPick }: Props) {
	const box = useRef<HTMLDivElement>(null);
	const scroll = useScrolled(box, USUAL);
	const pivot = desk.get("pivot");
	const states = desk.get("states");
	const { rows, cols } = desk.get("page");
	const width = pivot.size + PADDING;
	const height = pivot.size + CAPTION + PADDING;
	const { left, top } = scroll;
	const seen = {
		width: Math.max(0, scroll.width - HEAD_WIDTH),
		height: Math.max(0, scroll.height - HEAD_HEIGHT),
	};
	const down = span(top, seen.height, height, rows.length, BEYOND);
	const across = span(left, seen.width, width, cols.length, BEYOND);

	// The active cell stays in the document, scrolled away or not, for the focus to stay in it.
	const rowsShown = indices(down, at.row, rows.length);
	const colsShown = indices(across, -1, cols.length);
	const colsOf = (row: number) => {
		const isAway = row < down.first || row >= down.last;
		const active = row === at.row ? at.col : -1;
		return isAway ? [at.col] : indices(across, active, cols.length);
	};

	useEffect(() => {
		desk.look(rowsShown.flatMap((r) => colsOf(r).map((c) => desk.idAt(r, c))));
	});

	// Follow the active cell: into view, and with the focus if it was in the table.
	useLayoutEffect(() => {
		const element = box.current;
		if (!element?.contains(document.activeElement)) {
			return;
		}
		element.scrollTop = reveal(element.scrollTop, seen.height, height, at.row);
		element.scrollLeft = reveal(element.scrollLeft, seen.width, width, at.col);
		element
			.querySelector<HTMLElement>("[role=gridcell][tabindex='0']")
			?.focus({ preventScroll: true });
	}, [at.row, at.col]);

	const corner = [pivot.rows, pivot.cols];
	return (
		<div
			ref={box}
			class="rw-grid-box"
			role="grid"
			aria-label={gridWords.table}
			aria-rowcount={rows.length + 1}
			aria-colcount={cols.length + 1}
			style={{
				"--size": px(pivot.size),
				"--width": px(width),
				"--height": px(height),
				"--head-width": px(HEAD_WIDTH),
				"--head-height": px(HEAD_HEIGHT),
			}}
		>
			<div
				class="rw-grid-all"
				role="rowgroup"
				style={{
					width: px(HEAD_WIDTH + cols.length * width),
					height: px(HEAD_HEIGHT + rows.length * height),
				}}
			>
				<div class="rw-grid-heads" role="row" aria-rowindex={1}>
					<div class="rw-grid-corner" role="columnheader" aria-colindex={1}>
						{corner[0] && <span>{corner[0]} ↓</span>}
						{corner[1] && <span>{corner[1]} →</span>}
					</div>
					{colsShown.map((col) => (
						<HeadOf
							key={col}
							head={cols[col]}
							role="columnheader"
							index={col}
							style={{ left: px(HEAD_WIDTH + col * width) }}
						/>
					))}
				</div>
				{rowsShown.map((row) => (
					<div
						key={row}
						class="rw-grid-row"
						role="row"
						aria-rowindex={row + 2}
						style={{ top: px(HEAD_HEIGHT + row * height) }}
					>
						<HeadOf head={rows[row]} role="rowheader" index={-1} />
						{colsOf(row).map((col) => {
							const cell = desk.idAt(row, col);
							const state = stateOf(states[cell]);
							const isActive = row === at.row && col === at.col;
							const pick = picked.indexOf(cell);
							const place = [rows[row]?.label, cols[col]?.label];
							return (
								<div
									key={col}
									class="rw-spot"
									role="gridcell"
									tabIndex={isActive ? 0 : -1}
									aria-colindex={col + 2}
									aria-selected={pick >= 0}
									aria-label={`${place.filter(Boolean).join(", ")}: ${told.state[state]}`}
									data-id={cell}
									style={{ left: px(HEAD_WIDTH + col * width) }}
									onClick={(event) =>
										(event.ctrlKey || event.metaKey ? onPick : onOpen)({
											row,
											col,
										})
									}
									onFocus={() => {
										if (!isActive) {
											onMove({ row, col });
										}
									}}
								>
									<Spot desk={desk} id={cell} state={state} />
									{pick >= 0 && (
										<span class="rw-spot-pick">{pick === 0 ? "A" : "B"}</span>
									)}
								</div>
							);
						})}
					</div>
				))}
			</div>
			{rows.length === 0 && (
				<p class="rw-grid-empty">
					{desk.get("axes").length > 0 ? told.filtered : told.empty}
				</p>
			)}
		</div>
	);
}

type HeadProps = {
	head: Head | undefined;
	role: "columnheader" | "rowheader";
	index: number;
	style?: { left: string };
};

function HeadOf({ head, role, index, style }: HeadProps) {
	const facts = [head?.cost, head?.time, head?.stars && `★\u00a0${head.stars}`];
	return (
		<div
			class="rw-grid-head"
			role={role}
			aria-colindex={index + 2}
			style={style}
		>
			<b title={head?.label}>{head?.label}</b>
			<span title={told.sums}>{facts.filter(Boolean).join(" · ")}</span>
			{head && head.failed > 0 && (
				<span class="rw-grid-wrong">{told.failed(head.failed)}</span>
			)}
		</div>
	);
}

function px(pixels: number): string {
	return `${pixels}px`;
}

/** The indices of a span, and the active one where it lies beyond. */
function indices(
	{ first, last }: Span,
	active: number,
	count: number,
): number[] {
	const shown = Array.from({ length: last - first }, (_, n) => first + n);
	const isAway = active < first || active >= last;
	return isAway && active >= 0 && active < count ? [...shown, active] : shown;
}
