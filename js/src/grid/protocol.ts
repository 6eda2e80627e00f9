/**
 * What the grid's two halves say to each other. `runware_nb/widgets/grid.py` decides everything: which rows and
 * columns there are, in what order, what runs. This side draws what is on screen, and asks.
 */
import type { Source } from "../view/stage";

/** One letter a cell in `states`: idle, queued, running, done, failed, stopped. */
export type State = "i" | "q" | "r" | "d" | "f" | "s";

export type Axis = { name: string; labels: string[] };

/** Which axes lie where. Axes that are neither rows nor columns are pages: `pages` has the index of the value shown. */
export type Pivot = {
	rows: string | null;
	cols: string | null;
	pages: Record<string, number>;
	filter: "all" | "failed" | "different" | "rated" | "unrated";
	sort: "order" | "cost" | "time" | "rating" | "failed";
	/** Pixels of the longer edge of a cell's picture: 64 to 384. */
	size: number;
};

export type Head = {
	label: string;
	/** The sum of prices and the mean of times of the row or column, in words: "Σ $0.0104", "⌀ 1.9 s"; or "". */
	cost: string;
	time: string;
	/** Mean of the stars given, or "". */
	stars: string;
	failed: number;
};

/** The page on screen. The cell at row r and column c has the id `ids[r * cols.length + c]`. */
export type Layout = { rows: Head[]; cols: Head[]; more: number };

export type Progress = {
	/** Counts of cells. */
	done: number;
	failed: number;
	running: number;
	queued: number;
	idle: number;
	all: number;
	cached: number;
	/** idle, running, paused, stopped, done. `done` is terminal: all that was asked for has ended. */
	state: "idle" | "running" | "paused" | "stopped" | "done";
	/** USD; play money if `sandbox`. */
	spent: number;
	cap: number | null;
	estimate: {
		low: number;
		likely: number;
		high: number;
		unpriced: number;
		make: number;
	} | null;
	/** Seconds since the start, and those that are likely left; null where unknown. */
	elapsed: number;
	left: number | null;
	sandbox: boolean;
	/** One line for the user about the grid as a whole, such as why it stopped; or "". */
	told: string;
};

/** What is known of one cell. */
export type Cell = {
	id: number;
	state: State;
	/** Where it is on each axis, by name, in full words. */
	point: [string, string][];
	source: Source | null;
	cost: string;
	time: string;
	/** Its seed, unless that is an axis; or "". */
	seed: string;
	cached: boolean;
	/** Percent, or -1 where the model does not report it. */
	percent: number;
	/** One line: what went wrong. */
	error: string;
	/** Stars 0 (none) to 5. */
	stars: number;
	note: string;
	tags: string[];
	/** Looks the same as another cell of its row, whose id this is; or -1. */
	twin: number;
	/** Which of the message's buffers is its thumbnail (WebP or JPEG); -1 for none. */
	thumb: number;
	mime: string;
};

export type Traits = {
	title: string;
	axes: Axis[];
	pivot: Pivot;
	/** What is on screen. Not called `layout`: every Jupyter widget has a trait of that name, for its box. */
	page: Layout;
	/** Ids of the page's cells, row by row: little-endian Uint32. */
	ids: DataView;
	/** A letter a cell, by id: the whole grid, also what is not on screen. */
	states: string;
	progress: Progress;
	/** Votes: how many pairs were judged, of how many worth judging; "" or one line about what is missing. */
	votes: { done: number; of: number; told: string };
};

export type Votes = Traits["votes"];

/** A pair to judge, its makers unknown; null when there is none left. */
export type Duel = {
	left: number;
	right: number;
	sources: [Source, Source];
	prompt: string;
} | null;

/** What this side sends. */
export type Ask =
	| { kind: "pivot"; pivot: Partial<Pivot> }
	/**
	 * The cells on screen and near it, and those of them that nothing is known of yet. The kernel answers with
	 * `cells`, and again whenever one of them changes.
	 */
	| { kind: "look"; ids: number[]; lack: number[] }
	| { kind: "run" }
	| { kind: "pause" }
	| { kind: "go" }
	| { kind: "stop" }
	/** Run again what failed: these cells, or all that did. */
	| { kind: "retry"; ids?: number[] }
	| { kind: "rate"; id: number; stars: number }
	| { kind: "note"; id: number; text: string }
	| { kind: "tags"; id: number; tags: string[] }
	/** Give me the next pair to judge. The kernel answers with `pair`. */
	| { kind: "pair" }
	| {
			kind: "vote";
			left: number;
			right: number;
			winner: "left" | "right" | "tie" | "bad";
			ms: number;
	  }
	| { kind: "undo" }
	| { kind: "freeze" };

/** What the kernel sends, besides changes of traits. */
export type Told =
	/** What the user did last has arrived. */
	| { kind: "heard" }
	| { kind: "cells"; cells: Cell[] }
	| { kind: "pair"; pair: Duel };
