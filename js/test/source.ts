import type { Source, Supply } from "../src/view/stage";

/** A picture's source, or another by the fields given. */
export function source(fields: Partial<Source> = {}): Source {
	return {
		key: "0",
		medium: "image",
		mime: "image/png",
		bytes: 1000,
		alt: "a red fox",
		poster: "",
		text: "",
		peaks: [],
		duration: 0,
		frame_rate: 0,
		width: 640,
		height: 400,
		extension: "png",
		encodings: [],
		facts: [
			["model", "runware:101@1"],
			["seed", "42"],
		],
		...fields,
	};
}

export function text(key: string, words: string): Source {
	return source({ key, medium: "text", mime: "text/plain", text: words });
}

/** A supply of files that never come, which is what a stage has before they do. */
export const supply: Supply = {
	url: () => new Promise(() => undefined),
	chunk: () => new Promise(() => undefined),
	poster: () => undefined,
};
