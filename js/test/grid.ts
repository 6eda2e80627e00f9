import type { Cell, Progress, Traits } from "../src/grid/protocol";
import { Model } from "./model";
import { source } from "./source";

/** A grid of so many rows and columns, all of it made. Its cells are numbered row by row. */
export function traits(
	rows: number,
	cols: number,
	more: Partial<Traits> = {},
): Traits {
	const head = (label: string) => ({
		label,
		cost: "",
		time: "",
		stars: "",
		failed: 0,
	});
	const labels = (name: string, count: number) =>
		Array.from({ length: count }, (_, n) => `${name} ${n}`);
	const ids = new Uint8Array(
		new Uint32Array(rows * cols).map((_, n) => n).buffer,
	);
	return {
		title: "",
		axes: [
			{ name: "prompt", labels: labels("prompt", rows) },
			{ name: "seed", labels: labels("seed", cols) },
		],
		pivot: {
			rows: "prompt",
			cols: "seed",
			pages: {},
			filter: "all",
			sort: "order",
			size: 160,
		},
		page: {
			rows: labels("prompt", rows).map(head),
			cols: labels("seed", cols).map(head),
			more: 0,
		},
		ids: new DataView(ids.buffer),
		states: "d".repeat(rows * cols),
		progress: progress({ done: rows * cols, all: rows * cols }),
		votes: { done: 0, of: 3, told: "" },
		...more,
	};
}

export function progress(more: Partial<Progress> = {}): Progress {
	return {
		done: 0,
		failed: 0,
		running: 0,
		queued: 0,
		idle: 0,
		all: 0,
		cached: 0,
		state: "done",
		spent: 0,
		cap: null,
		estimate: null,
		elapsed: 0,
		left: null,
		sandbox: false,
		told: "",
		...more,
	};
}

/** What is known of a cell that made a picture. */
export function cell(id: number, more: Partial<Cell> = {}): Cell {
	return {
		id,
		state: "d",
		point: [
			["prompt", "a fox"],
			["seed", String(id)],
		],
		source: source({ key: String(id) }),
		cost: "$0.0013",
		time: "1.8 s",
		seed: "",
		cached: false,
		percent: -1,
		error: "",
		stars: 0,
		note: "",
		tags: [],
		twin: -1,
		thumb: -1,
		mime: "",
		...more,
	};
}

export function model(rows: number, cols: number, more: Partial<Traits> = {}) {
	return new Model<Traits>(traits(rows, cols, more));
}
