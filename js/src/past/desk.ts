import type { AnyModel } from "@anywidget/types";
import { words } from "../core/words";
import { Pictures } from "../grid/pictures";
import type {
	Answer,
	Ask,
	Range,
	Row,
	Sieve,
	Told,
	Traits,
	Want,
} from "./protocol";

const NAMES = ["sieve", "found", "choices"] as const satisfies (keyof Traits)[];
/** Milliseconds between two tellings of what is on screen: scrolling changes it at every frame. */
const PACE = 80;
/** Milliseconds after a key before the kernel is asked to search. */
const DEBOUNCE = 150;
/** Milliseconds after which it is told that something was not heard: the kernel may be busy with a cell. */
const HEARING = 3000;
/** Rows that are remembered. */
const MOST = 4000;

type Waiting = { done(told: Answer): void; failed(error: Error): void };

/** The history as this page knows it, and the one place that talks to the kernel. */
export class Desk {
	readonly pictures = new Pictures();
	/** Names the lists of this one apart from those of others on the page. */
	readonly id = Math.random().toString(36).slice(2);
	onChange: () => void = () => {};
	/** Which rows are wanted, as it stands here. */
	sieve: Sieve;
	/** What is selected. */
	ranges: Range[] = [];
	/** Whether the kernel has not yet heard what was said last. */
	isUnheard = false;
	readonly #rows = new Map<number, Row>();
	/** Rows that have a picture, here or let go. */
	readonly #pictured = new Set<number>();
	readonly #model: AnyModel<Traits>;
	readonly #waiting = new Map<number, Waiting>();
	#id = 0;
	#revision = -1;
	#isSifting = false;
	#looked = "";
	#frame = 0;
	#pacing: ReturnType<typeof setTimeout> | undefined;
	#hearing: ReturnType<typeof setTimeout> | undefined;
	#typing: ReturnType<typeof setTimeout> | undefined;
	#choosing: ReturnType<typeof setTimeout> | undefined;

	constructor(model: AnyModel<Traits>) {
		this.#model = model;
		this.sieve = model.get("sieve");
		for (const name of NAMES) {
			model.on(`change:${name}`, this.#change);
		}
		model.on("change:found", this.#renew);
		model.on("msg:custom", this.#hear);
		this.#renew();
	}

	get<K extends keyof Traits>(name: K): Traits[K] {
		return this.#model.get(name);
	}

	row(n: number): Row | undefined {
		return this.#rows.get(n);
	}

	/** Whether rows are being looked for. */
	get isSifting(): boolean {
		return this.#isSifting || this.get("found").state === "loading";
	}

	/** Want other rows: at once, or when nothing more is typed. */
	sift(changes: Partial<Sieve>, isTyped = false): void {
		this.sieve = { ...this.sieve, ...changes };
		clearTimeout(this.#typing);
		this.#typing = setTimeout(
			() => {
				this.#isSifting = true;
				this.send({ kind: "sift", sieve: this.sieve });
				this.#change();
			},
			isTyped ? DEBOUNCE : 0,
		);
		this.#change();
	}

	/** Select rows. */
	choose(ranges: Range[]): void {
		this.ranges = ranges;
		clearTimeout(this.#choosing);
		this.#choosing = setTimeout(
			() => this.send({ kind: "select", ...this.chosen() }),
			PACE,
		);
		this.#change();
	}

	/** What is selected, as messages have it; or else these rows. */
	chosen(ranges = this.ranges): { revision: number; ranges: Range[] } {
		return { revision: this.get("found").revision, ranges };
	}

	/** Ask for something. Rejects with one line for the user. */
	ask<K extends Answer["kind"]>(
		message: Want,
	): Promise<Extract<Answer, { kind: K }>> {
		this.#id += 1;
		const id = this.#id;
		const answer = new Promise<Answer>((done, failed) =>
			this.#waiting.set(id, { done, failed }),
		);
		this.send({ ...message, id });
		return answer as Promise<Extract<Answer, { kind: K }>>;
	}

	send(message: Ask): void {
		clearTimeout(this.#hearing);
		this.#hearing = setTimeout(() => this.#heard(false), HEARING);
		try {
			this.#model.send(message);
		} catch {
			this.#heard(false);
		}
	}

	/** Tell which rows are on screen, soon; the last telling counts. */
	look(rows: number[]): void {
		const told = `${this.get("found").revision} ${rows.join()}`;
		if (told === this.#looked) {
			return;
		}
		this.#looked = told;
		clearTimeout(this.#pacing);
		this.#pacing = setTimeout(() => {
			const lack = rows.filter((n) => this.#lacks(n));
			if (lack.length > 0) {
				const { revision } = this.get("found");
				this.send({ kind: "look", revision, rows: lack });
			}
		}, PACE);
	}

	/** Have what is said of rows told again. */
	refresh(ranges: Range[]): void {
		for (const n of [...this.#rows.keys()]) {
			if (ranges.some(([first, last]) => first <= n && n <= last)) {
				this.#rows.delete(n);
			}
		}
		this.#looked = "";
		this.#change();
	}

	dispose(): void {
		for (const timer of [
			this.#pacing,
			this.#hearing,
			this.#typing,
			this.#choosing,
		]) {
			clearTimeout(timer);
		}
		cancelAnimationFrame(this.#frame);
		for (const name of NAMES) {
			this.#model.off(`change:${name}`, this.#change);
		}
		this.#model.off("change:found", this.#renew);
		this.#model.off("msg:custom", this.#hear);
		this.pictures.clear();
	}

	#lacks(n: number): boolean {
		const isGone = this.#pictured.has(n) && !this.pictures.has(n);
		return !this.#rows.has(n) || isGone;
	}

	readonly #change = (): void => {
		cancelAnimationFrame(this.#frame);
		this.#frame = requestAnimationFrame(() => this.onChange());
	};

	/** Forget the rows of an earlier finding. */
	readonly #renew = (): void => {
		const { revision } = this.get("found");
		this.#isSifting = false;
		if (revision !== this.#revision) {
			this.#revision = revision;
			this.#rows.clear();
			this.#pictured.clear();
			this.pictures.clear();
			this.ranges = [];
			this.#looked = "";
		}
		this.#change();
	};

	#heard(isHeard: boolean): void {
		clearTimeout(this.#hearing);
		this.isUnheard = !isHeard;
		this.#change();
	}

	#keep(rows: Row[]): void {
		for (const row of rows) {
			this.#rows.delete(row.row);
			this.#rows.set(row.row, row);
		}
		for (const n of this.#rows.keys()) {
			if (this.#rows.size <= MOST) {
				break;
			}
			this.#rows.delete(n);
		}
	}

	readonly #hear = (told: Told, buffers: DataView[]): void => {
		this.#heard(true);
		const isNow = "revision" in told && told.revision === this.#revision;
		if (told.kind === "rows") {
			if (isNow) {
				this.#keep(told.rows);
			}
		} else if (told.kind === "pictures") {
			for (const [n, { row, mime }] of told.pictures.entries()) {
				const picture = buffers[n];
				if (isNow && picture) {
					this.#pictured.add(row);
					this.pictures.put(row, picture, mime);
				}
			}
		} else if ("id" in told && told.id !== null) {
			this.#answered(told.id, told);
		}
		this.#change();
	};

	#answered(id: number, told: Answer): void {
		const waiting = this.#waiting.get(id);
		this.#waiting.delete(id);
		if (told.kind === "failed") {
			waiting?.failed(new Error(told.message || words.kernel.silent));
		} else {
			waiting?.done(told);
		}
	}
}
