import type { AnyModel, RenderProps } from "@anywidget/types";

type Listener = (content?: unknown, buffers?: DataView[]) => void;

/** A widget's model without a kernel: keeps what is sent, tells what changes, counts who listens. */
export class Model<T extends Record<string, unknown>> {
	readonly sent: unknown[] = [];
	readonly #listeners = new Map<string, Set<Listener>>();
	readonly #state: T;

	constructor(state: T) {
		this.#state = { ...state };
	}

	get<K extends keyof T>(name: K): T[K] {
		return this.#state[name];
	}

	set<K extends keyof T & string>(name: K, value: T[K]): void {
		this.#state[name] = value;
		this.raise(`change:${name}`);
	}

	/** Let something happen that bears no value. */
	raise(event: string): void {
		for (const listener of [...(this.#listeners.get(event) ?? [])]) {
			listener();
		}
	}

	on(event: string, listener: Listener): void {
		const listeners = this.#listeners.get(event) ?? new Set();
		this.#listeners.set(event, listeners.add(listener));
	}

	off(event: string, listener: Listener): void {
		this.#listeners.get(event)?.delete(listener);
	}

	send(content: unknown): void {
		this.sent.push(content);
	}

	/** Tell this side what a kernel sends. */
	tell(content: unknown, ...buffers: Uint8Array[]): void {
		const views = buffers.map(
			({ buffer, byteOffset, byteLength }) =>
				new DataView(buffer, byteOffset, byteLength),
		);
		for (const listener of [...(this.#listeners.get("msg:custom") ?? [])]) {
			listener(content, views);
		}
	}

	get listening(): number {
		return [...this.#listeners.values()].reduce((sum, s) => sum + s.size, 0);
	}

	/** What a widget's `render` is given, with this model in it. */
	props(el: HTMLElement): RenderProps<T> {
		const model = this as unknown as AnyModel<T>;
		return { model, el } as RenderProps<T>;
	}
}
