import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { pastWords } from "../core/words";
import { useScrolled } from "../grid/scrolled";
import { reveal, span } from "../grid/window";
import type { Desk } from "./desk";
import type { Row } from "./protocol";
import { has } from "./ranges";

const told = pastWords;
/** Pixels of a row, of the heads above. */
const HEIGHT = 64;
const HEAD = 28;
/** Pixels that the list has until it is on the page. */
const USUAL = { width: 800, height: 480 };
/** Rows around those in view that are drawn too. */
const BEYOND = 3;

type Props = {
	desk: Desk;
	at: number;
	onPress(row: number, event: MouseEvent): void;
	onOpen(row: number): void;
	onFocus(row: number): void;
};

/** The rows that were found. Only those on screen, and a few around them, are in the document. */
export function List({ desk, at, onPress, onOpen, onFocus }: Props) {
	const box = useRef<HTMLDivElement>(null);
	const { top, height } = useScrolled(box, USUAL);
	const { rows: count, revision } = desk.get("found");
	const shown = span(top, height - HEAD, HEIGHT, count, BEYOND);
	const rows = Array.from(
		{ length: shown.last - shown.first },
		(_, n) => shown.first + n,
	);
	// The active row stays in the document, scrolled away or not, for the focus to stay in it.
	if (at < count && (at < shown.first || at >= shown.last)) {
		rows.push(at);
	}

	useEffect(() => desk.look(rows));

	useLayoutEffect(() => box.current?.scrollTo({ top: 0 }), [revision]);

	// Follow the active row: into view, and with the focus if it was in the list.
	useLayoutEffect(() => {
		const element = box.current;
		if (!element?.contains(document.activeElement)) {
			return;
		}
		const seen = element.clientHeight - HEAD;
		element.scrollTop = reveal(element.scrollTop, seen, HEIGHT, at);
		element
			.querySelector<HTMLElement>(`[data-row="${at}"]`)
			?.focus({ preventScroll: true });
	}, [at]);

	return (
		<div
			ref={box}
			class="rw-past-list"
			role="grid"
			aria-label={told.table}
			aria-rowcount={count + 1}
			aria-multiselectable="true"
			aria-busy={desk.isSifting}
		>
			<div
				role="rowgroup"
				class="rw-past-all"
				style={{ height: `${HEAD + count * HEIGHT}px` }}
			>
				<div role="row" class="rw-past-heads" aria-rowindex={1}>
					{Object.values(told.columns).map((name) => (
						<span key={name} role="columnheader">
							{name}
						</span>
					))}
				</div>
				{rows.map((n) => (
					<div
						key={n}
						role="row"
						class="rw-past-row"
						tabIndex={n === at ? 0 : -1}
						data-row={n}
						aria-rowindex={n + 2}
						aria-selected={has(desk.ranges, n)}
						style={{ top: `${HEAD + n * HEIGHT}px` }}
						onClick={(event) => onPress(n, event)}
						onDblClick={() => onOpen(n)}
						onFocus={() => onFocus(n)}
						onMouseDown={(event) => event.shiftKey && event.preventDefault()}
					>
						<Cells row={desk.row(n)} picture={desk.pictures.get(n)} />
					</div>
				))}
			</div>
		</div>
	);
}

const GLYPHS: Record<string, string> = {
	text: "Aa",
	audio: "♪",
	video: "▶",
	"3d": "◈",
	image: "▢",
	vector: "▢",
};

type CellsProps = { row: Row | undefined; picture: string };

function Cells({ row, picture }: CellsProps) {
	if (!row) {
		return (
			<>
				<div role="gridcell" class="rw-past-what" aria-busy="true">
					<span class="rw-past-thumb" />
					<span class="rw-past-ghost" />
				</div>
				<div role="gridcell" />
				<div role="gridcell" />
				<div role="gridcell" />
			</>
		);
	}
	const isDone = row.status === "done";
	const facts = [row.model, row.kind, row.name, row.notebook];
	return (
		<>
			<div role="gridcell" class="rw-past-what">
				<span class="rw-past-thumb" data-status={row.status} aria-hidden="true">
					{picture ? (
						<img src={picture} alt="" draggable={false} />
					) : isDone ? (
						(GLYPHS[row.medium] ?? "·")
					) : row.status === "failed" ? (
						"!"
					) : (
						"…"
					)}
				</span>
				<span class="rw-past-words">
					<b title={row.words}>{row.words || row.medium || row.kind}</b>
					<span title={row.air}>
						{!isDone && (
							<em data-status={row.status} title={row.problem}>
								{row.status}
								{row.problem && `: ${row.problem}`}
							</em>
						)}
						{facts.filter(Boolean).join(" · ")}
					</span>
				</span>
			</div>
			<div role="gridcell" class="rw-past-tags">
				{row.stars > 0 && (
					<span role="img" aria-label={told.stars(row.stars)}>
						{"★".repeat(row.stars)}
					</span>
				)}
				{row.tags.map((tag) => (
					<span key={tag} class="rw-past-tag" title={tag}>
						{tag}
					</span>
				))}
			</div>
			<div role="gridcell" class="rw-past-cost">
				{row.cost}
				{row.sandbox && <small>{told.play}</small>}
			</div>
			<div role="gridcell" class="rw-past-when">
				{row.when.slice(0, 10)}
				<small>{row.when.slice(11)}</small>
			</div>
		</>
	);
}
