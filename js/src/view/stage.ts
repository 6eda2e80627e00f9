/** What can be shown: one file or text of a result, as Python tells of it. */
export type Source = {
	/** Names it in messages; the kernel finds its file by it. */
	key: string;
	medium: "image" | "vector" | "video" | "audio" | "3d" | "text";
	mime: string;
	/** Bytes of the file; 0 for text. */
	bytes: number;
	/** What it is, in words, for those who cannot see it. */
	alt: string;
	/** A small picture as a data URI: preview, poster or waveform; "" if there is none. */
	poster: string;
	/** The text, for texts. */
	text: string;
	/** For audio: 0 to 1, evenly over its time. Made by Python, so that nothing need be decoded to draw it. */
	peaks: number[];
	/** Seconds, frames a second, pixels; 0 where unknown. */
	duration: number;
	frame_rate: number;
	width: number;
	height: number;
	/** The extension of the file, which tells how to read it: "glb", "obj". */
	extension: string;
	/** For meshes: what must be decoded, of "draco", "meshopt", "webp". */
	encodings: string[];
	/** Name and value of what is known of it, in words: model, seed, cost. */
	facts: [string, string][];
};

/** Where a part of a picture, a moment or a point of view is: what two stages share when they go in step. */
export type View =
	| { kind: "pan"; scale: number; x: number; y: number }
	| { kind: "time"; seconds: number; playing: boolean }
	| {
			kind: "camera";
			position: [number, number, number];
			target: [number, number, number];
	  };

/** One source, drawn. */
export interface Stage {
	readonly element: HTMLElement;
	/** Told of each change of the view that the user makes. */
	onView: ((view: View) => void) | null;
	/** Take a view, without telling of it. A kind that it does not know changes nothing. */
	show(view: View): void;
	/** Let go of everything: listeners, object URLs, WebGL contexts. */
	dispose(): void;
}

/** What a stage asks its widget for. */
export interface Supply {
	/** An address of the source's file: of the server, or a blob: URL. Rejects with one line for the user. */
	url(source: Source): Promise<string>;
	/** The module of a chunk, loaded once a page. Rejects with one line for the user. */
	chunk<T>(name: string): Promise<T>;
	/** Keep the last frame of a mesh as its poster: a WebP data URI. */
	poster(source: Source, picture: string): void;
}
