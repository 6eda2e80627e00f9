/** What all widgets of a page share, also those of other notebooks and of other copies of this code. */
type Page = {
	/** Modules by name and SHA-256. */
	modules: Map<string, Promise<unknown>>;
	/** The last ask for a chunk, by name: the next one waits for it, so that one copy is sent. */
	asked: Map<string, Promise<unknown>>;
	/** What lately came over the kernel's socket: when, and how many bytes. */
	arrivals: { at: number; bytes: number }[];
	/** The last part asked for: the next one waits for it. */
	part: Promise<unknown>;
	/** What puts each live 3D view to sleep, the least lately used first. */
	awake: (() => void)[];
	/** What opens the results of cards: one a kernel. The newest has the buttons of the page. */
	openers: Opener[];
};

export type Opener = {
	/** Equip the cards of the page, if this is the newest. */
	equip(): void;
	/** Open what the card of that key shows. Rejects with one line for the user. */
	ask(key: string): Promise<void>;
};

const shared = globalThis as { __runware_nb?: Page };

export function page(): Page {
	shared.__runware_nb ??= {
		modules: new Map(),
		asked: new Map(),
		arrivals: [],
		part: Promise.resolve(),
		awake: [],
		openers: [],
	};
	return shared.__runware_nb;
}
