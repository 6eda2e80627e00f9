import { useEffect, useRef, useState } from "preact/hooks";
import { server } from "../core/assets";
import { useDrawn } from "../core/drawn";
import { pastWords, usd, words } from "../core/words";
import { Tool } from "../view/icons";
import type { Supply } from "../view/stage";
import type { Desk } from "./desk";
import { List } from "./list";
import type { Overlay, Props } from "./overlays";
import type { Found, Range } from "./protocol";
import { added, size, toggled } from "./ranges";
import { Press } from "./sheet";
import { Filters } from "./sieve";

const told = pastWords;
/** Rows that PageUp and PageDown go. */
const PAGE = 7;

type Act = keyof typeof told.acts;

/** The whole browser: what is wanted, what is selected, the rows, and what opens over them. */
export function Past({ desk, supply }: { desk: Desk; supply: Supply }) {
	const [active, setActive] = useState(0);
	const [overlay, setOverlay] = useState<Overlay | null>(null);
	const [status, setStatus] = useState("");
	const anchor = useRef(0);
	const box = useRef<HTMLDivElement>(null);
	const found = desk.get("found");
	const at = Math.min(active, Math.max(0, found.rows - 1));
	const chosen = size(desk.ranges);
	/** Close this one, not what was opened meanwhile: a dialog tells late that it was closed. */
	const close = () => setOverlay((now) => (now === overlay ? null : now));

	useEffect(() => {
		anchor.current = 0;
		setActive(0);
	}, [found.revision]);

	const opened: Props | null = overlay && {
		overlay,
		desk,
		supply,
		ranges: meant(),
		onAttempt: attempt,
		onClose: close,
	};
	// It is had as soon as rows are seen: a kernel that is busy when a button is pressed could not send it.
	const { box: over, isHere } = useDrawn(supply, "past", opened, {
		isSoon: desk.row(at) !== undefined,
		onFailed(message) {
			setStatus(message);
			setOverlay(null);
		},
	});

	/** What acts are done to: the selection, or else the active row. */
	function meant(): Range[] {
		return chosen > 0 ? desk.ranges : [[at, at]];
	}

	/** Do something that may fail, and tell what came of it. */
	async function attempt(
		work: () => Promise<string>,
		meanwhile = "",
	): Promise<void> {
		setStatus(meanwhile);
		try {
			setStatus(await work());
		} catch (error) {
			setStatus((error as Error).message);
		}
	}

	async function view(ranges: Range[], what: "view" | "compare") {
		const chosen = desk.chosen(ranges);
		const { sources } = await desk.ask<"opened">({
			kind: "open",
			what,
			...chosen,
		});
		setOverlay({ kind: what, sources });
		return "";
	}

	async function rate(stars: number) {
		const ranges = meant();
		await desk.ask({ kind: "rate", stars, ...desk.chosen(ranges) });
		desk.refresh(ranges);
		return "";
	}

	async function copyGrid() {
		const { text } = await desk.ask<"copied">({
			kind: "copy",
			...desk.chosen(meant()),
		});
		try {
			await navigator.clipboard.writeText(text);
			return told.gridCopied;
		} catch {
			setOverlay({ kind: "text", title: told.copyHere, text });
			return "";
		}
	}

	async function revealPath() {
		const { path, href } = await desk.ask<"revealed">({
			kind: "reveal",
			...server(),
			...desk.chosen(meant()),
		});
		setOverlay({ kind: "text", title: told.revealTitle, text: path, href });
		await navigator.clipboard?.writeText(path).catch(() => undefined);
		return "";
	}

	function act(name: Act): void {
		const does: Record<Act, () => void> = {
			view: () => attempt(() => view(meant(), "view")),
			compare: () =>
				chosen === 2
					? attempt(() => view(desk.ranges, "compare"))
					: setStatus(told.twoOnly),
			tag: () => setOverlay({ kind: "tag" }),
			again: () => setOverlay({ kind: "again" }),
			grid: () => attempt(copyGrid),
			reveal: () => attempt(revealPath),
			export: () => setOverlay({ kind: "export" }),
			freeze: () => desk.send({ kind: "freeze" }),
		};
		if (found.rows > 0 || name === "freeze") {
			does[name]();
		}
	}

	function press(row: number, event: MouseEvent): void {
		setActive(row);
		if (event.shiftKey) {
			const kept = event.ctrlKey || event.metaKey ? desk.ranges : [];
			desk.choose(added(kept, anchor.current, row));
			return;
		}
		anchor.current = row;
		desk.choose(
			event.ctrlKey || event.metaKey ? toggled(desk.ranges, row) : [[row, row]],
		);
	}

	function hear(event: KeyboardEvent): void {
		const { target } = event;
		const isInList =
			target instanceof Element && !!target.closest(".rw-past-row");
		const isDone =
			isInList &&
			!event.altKey &&
			(event.ctrlKey || event.metaKey
				? commands(event.key)
				: moves(event) || does(event.key));
		if (isDone) {
			event.preventDefault();
			event.stopPropagation();
		}
	}

	function commands(key: string): boolean {
		if (key.toLowerCase() !== "a" || found.rows === 0) {
			return false;
		}
		desk.choose([[0, found.rows - 1]]);
		return true;
	}

	function moves({ key, shiftKey }: KeyboardEvent): boolean {
		const last = found.rows - 1;
		const to: Record<string, number> = {
			ArrowUp: at - 1,
			ArrowDown: at + 1,
			PageUp: at - PAGE,
			PageDown: at + PAGE,
			Home: 0,
			End: last,
		};
		const place = to[key];
		if (place === undefined) {
			return false;
		}
		const row = Math.min(Math.max(0, place), last);
		setActive(row);
		if (shiftKey) {
			desk.choose(added([], anchor.current, row));
		} else {
			anchor.current = row;
		}
		return true;
	}

	/** Do what a key says; whether it said anything. */
	function does(key: string): boolean {
		if (/^[0-5]$/.test(key)) {
			attempt(() => rate(Number(key)));
			return true;
		}
		const acts: Record<string, () => void> = {
			Enter: () => act("view"),
			" ": () => {
				anchor.current = at;
				desk.choose(toggled(desk.ranges, at));
			},
			Escape: () => desk.choose([]),
			c: () => act("compare"),
			t: () => act("tag"),
			r: () => act("again"),
			g: () => act("grid"),
			p: () => act("reveal"),
			e: () => act("export"),
			f: () => act("freeze"),
			"/": () =>
				box.current?.querySelector<HTMLElement>("input[type=search]")?.focus(),
			"?": () => setOverlay({ kind: "keys" }),
		};
		acts[key]?.();
		return key in acts;
	}

	const isEmpty = found.rows === 0 && found.state === "ready";
	return (
		<div ref={box} class="rw-past" onKeyDown={hear}>
			<div class="rw-past-line">
				<p role="status">{line(found)}</p>
				<Tool icon="loop" label={told.refresh} onPress={() => desk.sift({})} />
				{desk.isSifting && <span class="rw-quiet">{told.loading}</span>}
			</div>
			<Filters desk={desk} />
			{found.state === "failed" && (
				<div class="rw-past-line">
					<p class="rw-problem" role="alert">
						{found.told}
					</p>
					<Press onPress={() => desk.sift({})}>{told.again}</Press>
				</div>
			)}
			{isEmpty ? (
				<Empty isWhole={found.whole} />
			) : (
				<>
					<Bar
						chosen={chosen}
						onAct={act}
						onKeys={() => setOverlay({ kind: "keys" })}
						onUnselect={() => desk.choose([])}
					/>
					<List
						desk={desk}
						at={at}
						onPress={press}
						onOpen={(row) => attempt(() => view([[row, row]], "view"))}
						onFocus={(row) => row !== at && setActive(row)}
					/>
				</>
			)}
			<p class="rw-past-told" role="status">
				{desk.isUnheard
					? words.kernel.busy
					: overlay && !isHere
						? told.opening
						: status || (isEmpty ? "" : told.none)}
			</p>
			<div ref={over} />
		</div>
	);
}

type BarProps = {
	chosen: number;
	onAct(name: Act): void;
	onKeys(): void;
	onUnselect(): void;
};

/** What can be done with what is selected. */
function Bar({ chosen, onAct, onKeys, onUnselect }: BarProps) {
	return (
		<div class="rw-past-bar" role="toolbar" aria-label={told.table}>
			<span role="status" class="rw-past-count">
				{told.selected(chosen)}
			</span>
			{chosen > 0 && <Press onPress={onUnselect}>{told.unselect}</Press>}
			<span class="rw-past-gap" />
			{(Object.keys(told.acts) as Act[]).map((name) => {
				const isOff =
					name !== "freeze" &&
					(name === "compare" ? chosen !== 2 : chosen === 0);
				return (
					<button
						key={name}
						type="button"
						class="rw-button"
						title={told.key(told.acts[name][1])}
						aria-disabled={isOff}
						onClick={() => !isOff && onAct(name)}
					>
						{told.acts[name][0]}
					</button>
				);
			})}
			<Press
				aria-label={told.keys.title}
				title={told.keys.title}
				onPress={onKeys}
			>
				?
			</Press>
		</div>
	);
}

function Empty({ isWhole }: { isWhole: boolean }) {
	return (
		<div class="rw-past-empty">
			{isWhole ? (
				<>
					<b>{told.emptyTitle}</b>
					<span>{told.empty}</span>
					<code>{told.example}</code>
				</>
			) : (
				<b>{told.nothing}</b>
			)}
		</div>
	);
}

/** How many there are, and what they cost. */
function line(found: Found): string {
	const parts = [told.rows(found.rows)];
	if (found.spent > 0 || found.pretended === 0) {
		parts.push(told.spent(usd(found.spent)));
	}
	if (found.pretended > 0) {
		parts.push(told.pretended(usd(found.pretended)));
	}
	if (found.unknown > 0) {
		parts.push(told.unknown(found.unknown));
	}
	return found.revision === 0 ? "" : parts.join(" · ");
}
