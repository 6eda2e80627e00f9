import { useEffect, useRef, useState } from "preact/hooks";
import { playWords } from "../core/words";
import type { Found } from "./protocol";
import type { Table } from "./table";

const told = playWords;
const PACE = 60;

/** The model, and a search for another: a combobox, so that arrows and Enter choose. */
export function Picker({ table, name }: { table: Table; name: string }) {
	const picked = table.get("picked");
	const [text, setText] = useState<string | null>(null);
	const [active, setActive] = useState(0);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	const list = useRef<HTMLUListElement>(null);
	const isOpen = text !== null;
	const found = isOpen && table.found ? table.found : null;
	const rows = found?.rows ?? [];
	const current = Math.min(active, Math.max(0, rows.length - 1));

	useEffect(() => () => clearTimeout(timer.current), []);
	useEffect(() => {
		list.current?.children[current]?.scrollIntoView?.({ block: "nearest" });
	}, [current]);

	function search(next: string, pause = PACE): void {
		setText(next);
		setActive(0);
		clearTimeout(timer.current);
		timer.current = setTimeout(
			() => table.ask({ kind: "find", words: next }),
			pause,
		);
	}

	function close(): void {
		clearTimeout(timer.current);
		setText(null);
	}

	function pick(row: Found | undefined): void {
		close();
		if (row) {
			table.say({ kind: "pick", name: row.air });
		}
	}

	function press(event: KeyboardEvent): void {
		const moves: Record<string, number> = {
			ArrowDown: 1,
			ArrowUp: -1,
			PageDown: 8,
			PageUp: -8,
		};
		const move = moves[event.key];
		if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
			event.preventDefault();
			if (isOpen) {
				pick(rows[current]);
			} else {
				search("", 0);
			}
		} else if (event.key === "Escape" && isOpen) {
			event.preventDefault();
			event.stopPropagation();
			close();
		} else if (move !== undefined) {
			event.preventDefault();
			if (isOpen) {
				setActive(Math.min(Math.max(0, current + move), rows.length - 1));
			} else {
				search("", 0);
			}
		}
	}

	return (
		<div
			class="rw-picker"
			onFocusOut={({ currentTarget, relatedTarget }) => {
				if (!currentTarget.contains(relatedTarget as Node | null)) {
					close();
				}
			}}
		>
			<label for={`${name}-model`} class="rw-unseen">
				{told.model}
			</label>
			<input
				id={`${name}-model`}
				class="rw-input rw-picker-input"
				type="text"
				role="combobox"
				autocomplete="off"
				spellcheck={false}
				aria-expanded={isOpen}
				aria-controls={`${name}-models`}
				aria-autocomplete="list"
				aria-activedescendant={
					isOpen && rows.length > 0 ? `${name}-model-${current}` : undefined
				}
				placeholder={isOpen ? told.search : picked.slug}
				value={text ?? picked.slug}
				onFocus={({ currentTarget }) => currentTarget.select()}
				onClick={() => !isOpen && search("", 0)}
				onInput={({ currentTarget: { value } }) => search(value)}
				onKeyDown={press}
			/>
			<div class="rw-picker-sheet" hidden={!isOpen}>
				<p class="rw-quiet" role="status">
					{found &&
						(rows.length > 0
							? told.models(rows.length, found.all)
							: told.noModel)}
				</p>
				<ul
					ref={list}
					id={`${name}-models`}
					role="listbox"
					aria-label={told.model}
				>
					{rows.map((row, index) => (
						<li
							key={row.air}
							id={`${name}-model-${index}`}
							role="option"
							aria-selected={index === current}
							// Before the combobox loses the focus, which closes the list.
							onPointerDown={(event) => event.preventDefault()}
							onClick={() => pick(row)}
							onPointerMove={() => setActive(index)}
						>
							<span class="rw-kind">{row.kind}</span>
							<b>{row.slug}</b>
							<span class="rw-quiet">{told.by(row.by)}</span>
							<span class="rw-price">{row.price}</span>
							{row.takes.length > 0 && (
								<small class="rw-quiet">{row.takes.join(" · ")}</small>
							)}
						</li>
					))}
				</ul>
			</div>
		</div>
	);
}
