/** Where two pictures differ, and by how much. A measure of pixels, not of how good they are. */

import { h } from "../core/dom";
import { words } from "../core/words";
import { Pan } from "./pan";
import type { Stage, View } from "./stage";

/** Pixels of the longer edge that is measured. */
const EDGE = 1600;

type Media = HTMLImageElement | HTMLVideoElement;
type Pixels = Uint8ClampedArray<ArrayBuffer>;

/** Return the absolute differences of two pictures of one size, `gain` times as strong, and their mean, 0 to 255. */
export function differences(
	a: Pixels,
	b: Pixels,
	gain: number,
): { pixels: Pixels; mean: number } {
	const pixels = new Uint8ClampedArray(a.length);
	let sum = 0;
	for (let n = 0; n < a.length; n += 4) {
		for (let c = n; c < n + 3; c++) {
			const apart = Math.abs((a[c] ?? 0) - (b[c] ?? 0));
			sum += apart;
			pixels[c] = apart * gain;
		}
		pixels[n + 3] = 255;
	}
	return { pixels, mean: sum / (a.length * 0.75) };
}

/** A stage that draws how two others differ, and tells the mean. It draws anew when one of them shows another frame. */
export class Difference implements Stage {
	readonly element: HTMLElement;
	onView: ((view: View) => void) | null = null;
	/** How much stronger than they are differences are drawn. */
	gain = 1;
	readonly #canvas = h("canvas", { class: "rw-media" });
	readonly #pan = new Pan(h("div", {}, this.#canvas), words.picture.keys);
	readonly #leaving = new AbortController();

	constructor(
		readonly a: Media,
		readonly b: Media,
		readonly tell: (words: string) => void,
	) {
		this.element = h("div", { class: "rw-stage" }, this.#pan.element);
		this.#pan.onView = (view) => this.onView?.(view);
		for (const media of [a, b]) {
			for (const event of ["load", "loadeddata", "seeked", "timeupdate"]) {
				media.addEventListener(event, () => this.draw(), {
					signal: this.#leaving.signal,
				});
			}
		}
		this.draw();
	}

	draw(): void {
		const [aWidth, aHeight] = sizeOf(this.a);
		const [bWidth, bHeight] = sizeOf(this.b);
		if (aWidth * aHeight * bWidth * bHeight === 0) {
			this.tell(words.compare.measuring);
			return;
		}
		const scale = Math.min(1, EDGE / Math.max(aWidth, aHeight));
		const width = Math.max(1, Math.round(aWidth * scale));
		const height = Math.max(1, Math.round(aHeight * scale));
		this.#canvas.width = width;
		this.#canvas.height = height;
		this.#pan.element.style.setProperty("--ratio", String(width / height));
		this.#canvas.style.setProperty("--most", `${aWidth}px`);
		try {
			const a = drawn(this.a, width, height);
			const b = drawn(this.b, width, height);
			const { pixels, mean } = differences(a, b, this.gain);
			const image = new ImageData(pixels, width, height);
			this.#canvas.getContext("2d")?.putImageData(image, 0, 0);
			const told = mean === 0 ? words.compare.alike : words.compare.mean(mean);
			const isOneSize = aWidth === bWidth && aHeight === bHeight;
			this.tell(isOneSize ? told : `${told}. ${words.compare.sizes}`);
		} catch {
			this.tell(words.compare.unmeasured);
		}
	}

	show(view: View): void {
		if (view.kind === "pan") {
			this.#pan.show(view);
		}
	}

	dispose(): void {
		this.#leaving.abort();
	}
}

/** Width and height of what is there to be drawn; 0 while nothing is. */
function sizeOf(media: Media): [number, number] {
	if (media instanceof HTMLVideoElement) {
		return media.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA
			? [media.videoWidth, media.videoHeight]
			: [0, 0];
	}
	return [media.naturalWidth, media.naturalHeight];
}

/** The pixels of a picture or a frame, on white where something shows through. */
function drawn(media: Media, width: number, height: number): Pixels {
	const canvas = new OffscreenCanvas(width, height);
	const pen = canvas.getContext("2d", { willReadFrequently: true });
	if (!pen) {
		throw new Error(words.compare.unmeasured);
	}
	pen.fillStyle = "white";
	pen.fillRect(0, 0, width, height);
	pen.drawImage(media, 0, 0, width, height);
	return pen.getImageData(0, 0, width, height).data as Pixels;
}
