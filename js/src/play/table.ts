import type { AnyModel } from "@anywidget/types";
import { formWords, words } from "../core/words";
import type { Json, JsonObject } from "../form/schema";
import { put } from "../form/values";
import type { Ask, Code, Found, Told, Traits } from "./protocol";

const NAMES = [
	"picked",
	"form",
	"task",
	"revision",
	"media",
	"verdict",
	"state",
	"sources",
	"history",
	"presets",
	"writer",
] as const satisfies (keyof Traits)[];
/** Milliseconds after a key before the kernel is told. */
const PACE = 80;
/** Milliseconds without an answer after which the kernel is taken for gone. */
const PATIENCE = 20_000;
/** Bytes of one part of a file. Jupyter loses messages over 10 MiB without a word. */
const PART = 2_000_000;
export const LARGEST = 50_000_000;

/** The playground as this page knows it, and the one place that talks to the kernel. */
export class Table {
	onChange: () => void = () => {};
	task: JsonObject;
	sweep: string;
	found: { words: string; rows: Found[]; all: number } | null = null;
	#number = 0;
	#id = 0;
	#revision: number;
	#pacing: ReturnType<typeof setTimeout> | undefined;
	#frame = 0;
	readonly #model: AnyModel<Traits>;
	readonly #waiting = new Map<
		number,
		{ done(told: Told): void; failed(error: Error): void }
	>();

	constructor(model: AnyModel<Traits>) {
		this.#model = model;
		this.task = model.get("task");
		this.sweep = model.get("writer").sweep ?? "";
		this.#revision = model.get("revision");
		for (const name of NAMES) {
			model.on(`change:${name}`, this.#change);
		}
		model.on("msg:custom", this.#hear);
	}

	get<K extends keyof Traits>(name: K): Traits[K] {
		return this.#model.get(name);
	}

	/** Whether what the kernel thinks is of what stands here now. */
	get isJudged(): boolean {
		return (this.get("verdict").number ?? -1) >= this.#number;
	}

	set(path: string, value: Json | undefined): void {
		this.task = put(this.task, path, value);
		this.#changed();
	}

	setSweep(text: string): void {
		this.sweep = text;
		this.#changed();
	}

	/** Say something, with the task as it stands. */
	say(message: Ask): void {
		clearTimeout(this.#pacing);
		this.ask({ ...message, task: this.task, number: this.#number });
	}

	ask(message: Ask, part?: ArrayBuffer): void {
		try {
			this.#model.send(message, undefined, part ? [part] : undefined);
		} catch (error) {
			console.warn(error);
		}
	}

	code(what: Code): Promise<string> {
		const id = this.#next();
		const answer = this.#answer(id);
		this.say({ kind: "copy", what, id });
		return answer.then((told) => (told.kind === "copied" ? told.text : ""));
	}

	/** Bring a file to the kernel, in parts. Gives the token that stands for it in the task. */
	async upload(
		file: File,
		medium: string,
		progress: (share: number) => void,
	): Promise<string> {
		if (file.size > LARGEST) {
			throw new Error(formWords.large(Math.round(LARGEST / 1e6)));
		}
		const id = this.#next();
		for (let offset = 0; ; ) {
			const part = await file.slice(offset, offset + PART).arrayBuffer();
			const answer = this.#answer(id);
			const { name, size: total } = file;
			this.ask({ kind: "upload", id, name, medium, offset, total }, part);
			const told = await answer;
			if (told.kind === "offered") {
				return told.token;
			}
			offset = told.kind === "more" ? told.offset : total;
			progress(offset / total);
		}
	}

	async use(uuid: string, medium: string): Promise<string> {
		const id = this.#next();
		const answer = this.#answer(id);
		this.ask({ kind: "use", uuid, medium, id });
		const told = await answer;
		return told.kind === "offered" ? told.token : "";
	}

	dispose(): void {
		clearTimeout(this.#pacing);
		cancelAnimationFrame(this.#frame);
		for (const name of NAMES) {
			this.#model.off(`change:${name}`, this.#change);
		}
		this.#model.off("msg:custom", this.#hear);
	}

	#next(): number {
		this.#id += 1;
		return this.#id;
	}

	#answer(id: number): Promise<Told> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(
				() => end(() => reject(new Error(words.kernel.silent))),
				PATIENCE,
			);
			const end = (then: () => void) => {
				clearTimeout(timer);
				this.#waiting.delete(id);
				then();
			};
			this.#waiting.set(id, {
				done: (told) => end(() => resolve(told)),
				failed: (error) => end(() => reject(error)),
			});
		});
	}

	#changed(): void {
		this.#number += 1;
		clearTimeout(this.#pacing);
		const sweep = this.get("writer").title ? { sweep: this.sweep } : {};
		this.#pacing = setTimeout(
			() => this.say({ kind: "change", ...sweep }),
			PACE,
		);
		// At once: the next key builds on what this one changed.
		this.onChange();
	}

	readonly #change = (): void => {
		const revision = this.get("revision");
		if (revision !== this.#revision) {
			clearTimeout(this.#pacing);
			this.#revision = revision;
			this.task = this.get("task");
		}
		cancelAnimationFrame(this.#frame);
		this.#frame = requestAnimationFrame(() => this.onChange());
	};

	readonly #hear = (told: Told): void => {
		if (told.kind === "found") {
			this.found = told;
		} else if (told.id !== undefined) {
			const waiting = this.#waiting.get(told.id);
			if (told.kind === "failed") {
				waiting?.failed(new Error(told.message));
			} else {
				waiting?.done(told);
			}
		}
		this.#change();
	};
}
