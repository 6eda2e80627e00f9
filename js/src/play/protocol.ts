/**
 * What the playground's two halves say to each other. `runware_nb/playdesk.py` decides what is wrong, what it costs and
 * what is sent. This side keeps what is typed, and asks.
 */
import type { JsonObject, Schema } from "../form/schema";
import type { Flaw } from "../form/values";
import type { Source } from "../view/stage";

export type Found = {
	air: string;
	slug: string;
	by: string;
	kind: string;
	takes: string[];
	/** The span of known prices, in words. */
	price: string;
};

export type Picked = Found & { docs: string };

export type FieldSpec = {
	/** Dotted wire path. */
	path: string;
	/** A way of its own to draw it, or "". */
	as: "" | "prompt" | "messages" | "frames" | "size" | "seed";
};

export type Group = { title: string; open: boolean; fields: FieldSpec[] };

export type Medium = {
	name: string;
	medium: string;
	poster: string;
	bytes: number;
};

export type Remembered = {
	uuid: string;
	poster: string;
	medium: string;
	model: string;
	words: string;
	when: string;
	cost: string;
};

export type Traits = {
	picked: Picked;
	form: { schema: Schema; groups: Group[] };
	task: JsonObject;
	/** Counts the times that the kernel changed the task: then what is typed here gives way to it. */
	revision: number;
	/** Token, as it stands in the task, to the file it stands for. */
	media: Record<string, Medium>;
	verdict: {
		/** Of which change this is. */
		number?: number;
		flaws?: Flaw[];
		quote?: {
			low: number;
			likely: number;
			high: number;
			make: number;
			here: number;
			unpriced: number;
		} | null;
		tasks?: { at: [string, string][]; words: string }[];
		all?: number;
	};
	state: {
		phase: "idle" | "asking" | "running" | "done" | "failed" | "stopped";
		told: string;
		/** -1 where the model does not report it. */
		percent: number;
		elapsed: number;
		/** USD; null where unknown. */
		cost: number | null;
		saved: number;
		cached: boolean;
		sandbox: boolean;
		made: number;
		asked: number;
		/** What a text is so far. */
		partial: string;
	};
	sources: Source[];
	history: Remembered[];
	presets: { name: string; model: string }[];
	/** The cell it was opened from; empty if from none. */
	writer: {
		title?: string;
		varied?: Record<string, string[]>;
		sweep?: string;
	};
};

export type Code = "cell" | "python" | "json" | "grid";

/** What this side sends. With `task`, the kernel takes that first. */
export type Ask = { task?: JsonObject; number?: number } & (
	| { kind: "change"; sweep?: string }
	| { kind: "find"; words: string }
	| { kind: "pick"; name: string }
	| { kind: "run"; agreed: boolean }
	| { kind: "stop" | "decline" | "freeze" }
	| { kind: "copy"; what: Code; id: number }
	| { kind: "preset"; act: "load" | "save" | "forget"; name: string }
	| { kind: "recall"; uuid: string }
	| { kind: "use"; uuid: string; medium: string; id: number }
	| { kind: "drop"; id: number }
	| {
			kind: "upload";
			id: number;
			name: string;
			medium: string;
			offset: number;
			total: number;
	  }
);

/** What the kernel sends, besides changes of traits. */
export type Told =
	| { kind: "found"; words: string; rows: Found[]; all: number }
	| { kind: "copied"; what: Code; text: string; id: number }
	/** Another part of the upload may come. */
	| { kind: "more"; id: number; offset: number }
	| { kind: "offered"; id: number; token: string }
	| { kind: "failed"; of: string; id?: number; message: string };
