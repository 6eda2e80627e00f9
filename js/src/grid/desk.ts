import type { AnyModel } from "@anywidget/types";
import { Pictures } from "./pictures";
import type { Ask, Cell, Duel, Told, Traits } from "./protocol";

const NAMES = [
	"title",
	"axes",
	"pivot",
	"page",
	"ids",
	"states",
	"progress",
	"votes",
] as const satisfies (keyof Traits)[];
/** Milliseconds between two tellings of what is on screen: scrolling changes it at every frame. */
const PACE = 100;
/** Milliseconds without an answer after which the kernel is taken for gone. */
const PATIENCE = 5000;
/** Milliseconds after which a click that was not heard is told of: the kernel may be busy with a cell. */
const HEARING = 2000;

/**
 * The grid as this page knows it, and the one place that talks to the kernel. Whatever changes, `onChange` is called
 * once for the next frame: all is drawn anew from here, which is cheap, since only what is on screen is drawn.
 */
export class Desk {
	readonly pictures = new Pictures();
	onChange: () => void = () => {};
	/** The pair to judge; undefined until the kernel has said. */
	duel: Duel | undefined;
	/** Whether the kernel did not answer. */
	isSilent = false;
	/** Whether the kernel has not yet heard what the user did last. */
	isUnheard = false;
	readonly #cells = new Map<number, Cell>();
	readonly #model: AnyModel<Traits>;
	#looked = "";
	#frame = 0;
	#pacing: ReturnType<typeof setTimeout> | undefined;
	#waiting: ReturnType<typeof setTimeout> | undefined;
	#hearing: ReturnType<typeof setTimeout> | undefined;

	constructor(model: AnyModel<Traits>) {
		this.#model = model;
		for (const name of NAMES) {
			model.on(`change:${name}`, this.#change);
		}
		model.on("msg:custom", this.#hear);
	}

	get<K extends keyof Traits>(name: K): Traits[K] {
		return this.#model.get(name);
	}

	/** What is known of a cell. */
	cell(id: number): Cell | undefined {
		return this.#cells.get(id);
	}

	/** The id of the cell at a place of the page; -1 where there is none. */
	idAt(row: number, col: number): number {
		const ids = this.get("ids");
		const offset = 4 * (row * this.get("page").cols.length + col);
		return row >= 0 && col >= 0 && offset + 4 <= ids.byteLength
			? ids.getUint32(offset, true)
			: -1;
	}

	/** Tell the kernel what the user does. It says that it heard; where it does not, the page tells so. */
	ask(message: Ask): void {
		clearTimeout(this.#hearing);
		this.#hearing = setTimeout(() => this.#heard(false), HEARING);
		this.#send(message);
	}

	#send(message: Ask): void {
		try {
			this.#model.send(message);
		} catch {
			this.#silent();
		}
	}

	/** Begin to judge, or have another pair: none is shown until the kernel has said which. */
	asksForPair(message: Ask): void {
		this.duel = undefined;
		this.ask(message);
		this.#change();
	}

	/** Tell which cells are on screen, soon; the last telling counts. */
	look(ids: number[]): void {
		const told = ids.join();
		if (told === this.#looked) {
			return;
		}
		this.#looked = told;
		clearTimeout(this.#pacing);
		this.#pacing = setTimeout(() => {
			const lack = ids.filter((id) => this.#lacks(id));
			this.#send({ kind: "look", ids, lack });
			if (lack.length > 0) {
				clearTimeout(this.#waiting);
				this.#waiting = setTimeout(this.#silent, PATIENCE);
			}
		}, PACE);
	}

	/** Ask for the pictures again, at another size. */
	refresh(): void {
		this.pictures.clear();
		this.#looked = "";
	}

	dispose(): void {
		clearTimeout(this.#pacing);
		clearTimeout(this.#waiting);
		clearTimeout(this.#hearing);
		cancelAnimationFrame(this.#frame);
		for (const name of NAMES) {
			this.#model.off(`change:${name}`, this.#change);
		}
		this.#model.off("msg:custom", this.#hear);
		this.pictures.clear();
	}

	#lacks(id: number): boolean {
		const cell = this.#cells.get(id);
		return !cell || (cell.thumb >= 0 && !this.pictures.has(id));
	}

	readonly #change = (): void => {
		cancelAnimationFrame(this.#frame);
		this.#frame = requestAnimationFrame(() => this.onChange());
	};

	readonly #silent = (): void => {
		this.isSilent = true;
		this.#change();
	};

	#heard(isHeard: boolean): void {
		clearTimeout(this.#hearing);
		this.isUnheard = !isHeard;
		this.#change();
	}

	readonly #hear = (told: Told, buffers: DataView[]): void => {
		clearTimeout(this.#waiting);
		this.isSilent = false;
		if (told.kind === "heard") {
			this.#heard(true);
		} else if (told.kind === "pair") {
			this.duel = told.pair;
		} else if (told.kind === "cells") {
			for (const cell of told.cells) {
				const picture = buffers[cell.thumb];
				this.#cells.set(cell.id, cell);
				if (picture) {
					this.pictures.put(cell.id, picture, cell.mime);
				}
			}
		}
		this.#change();
	};
}
