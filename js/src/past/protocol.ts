/**
 * What the history browser's two halves say to each other. `runware_nb/browsedesk.py` decides what is found and in
 * what order; this side draws the rows on screen, and asks. Rows go by their place among what was found, and `revision`
 * says which finding that was.
 */
import type { Source } from "../view/stage";

/** Which rows are wanted: text, empty where it does not matter. Days are UTC, YYYY-MM-DD. */
export type Sieve = {
	words: string;
	model: string;
	kind: string;
	status: string;
	notebook: string;
	tag: string;
	since: string;
	until: string;
	starred: boolean;
	/** "live", "sandbox", or "" for both. */
	money: string;
};

export type Found = {
	revision: number;
	/** Counts the times that rows were looked for. */
	siftings: number;
	state: "loading" | "ready" | "failed";
	/** One line: what went wrong; or "". */
	told: string;
	rows: number;
	/** USD; play money is apart. */
	spent: number;
	pretended: number;
	/** How many have no known price. */
	unknown: number;
	/** Whether nothing was left out. */
	whole: boolean;
};

export type Choices = {
	kinds: string[];
	models: string[];
	notebooks: string[];
	tags: string[];
};

export type Row = {
	row: number;
	status: "done" | "failed" | "unfinished";
	medium: string;
	kind: string;
	/** Slug, where the catalogue knows it; and AIR. */
	model: string;
	air: string;
	words: string;
	problem: string;
	notebook: string;
	/** What its run is called. */
	name: string;
	/** UTC, to the minute. */
	when: string;
	cost: string;
	sandbox: boolean;
	stars: number;
	tags: string[];
	note: string;
};

export type Traits = {
	sieve: Sieve;
	found: Found;
	choices: Choices;
};

/** Places of rows, from first to last, both included, in order. */
export type Range = [number, number];

/** What this side wants an answer to: it has the same `id`. */
export type Want =
	| ({ kind: "open"; what: "view" | "compare" } & Chosen)
	| ({
			kind: "rate";
			stars?: number;
			add?: string[];
			remove?: string[];
	  } & Chosen)
	| ({ kind: "offer"; fresh: boolean } & Chosen)
	| { kind: "again"; number: number }
	| ({ kind: "reveal"; root: string; base: string } & Chosen)
	| ({ kind: "export"; name: string; ending: string } & Chosen)
	| ({ kind: "copy" } & Chosen);

/** What this side sends. */
export type Ask =
	| { kind: "sift"; sieve: Sieve }
	/** The rows on screen that nothing is known of. Answered with `rows`, then `pictures`. */
	| { kind: "look"; revision: number; rows: number[] }
	| ({ kind: "select" } & Chosen)
	| { kind: "freeze" }
	| (Want & { id: number });

export type Chosen = { revision: number; ranges: Range[] };

export type Offer = {
	kind: "offered";
	number: number;
	tasks: number;
	fresh: boolean;
	make: number;
	here: number;
	low: number;
	likely: number;
	high: number;
	unpriced: number;
	sandbox: boolean;
};

export type Made = {
	kind: "made";
	made: number;
	cached: number;
	spent: number;
	sandbox: boolean;
	problem: string;
};

/** An answer to what had the same `id`. */
export type Answer =
	| { kind: "failed"; message: string }
	| { kind: "opened"; sources: Source[] }
	| { kind: "rated"; changed: number }
	| Offer
	| Made
	| { kind: "revealed"; path: string; href: string }
	| { kind: "exported"; name: string; rows: number }
	| { kind: "copied"; text: string };

/** What the kernel sends, besides changes of traits. */
export type Told =
	| { kind: "heard" }
	| { kind: "rows"; revision: number; rows: Row[] }
	/** A message has as many buffers, in the same order. */
	| {
			kind: "pictures";
			revision: number;
			pictures: { row: number; mime: string }[];
	  }
	| (Answer & { id: number | null });
