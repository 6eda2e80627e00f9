/**
 * Zooming and moving what is in a viewport: by wheel, pinch, drag and keys.
 *
 * Not @panzoom/panzoom: it counts in pixels of one viewport, wants its element in the page before it begins, and
 * would be a seventh of each widget that a notebook saves.
 */
import { h } from "../core/dom";
import type { View } from "./stage";

const MOST = 32;
const LEAST = 0.2;
export const STEP = 1.25;
/** Share of the viewport that an arrow key moves. */
const STRIDE = 0.1;

const KEYS: Record<string, (pan: Pan) => void> = {
	"+": (pan) => pan.zoom(STEP),
	"=": (pan) => pan.zoom(STEP),
	"-": (pan) => pan.zoom(1 / STEP),
	"0": (pan) => pan.fit(),
	ArrowLeft: (pan) => pan.move(STRIDE, 0),
	ArrowRight: (pan) => pan.move(-STRIDE, 0),
	ArrowUp: (pan) => pan.move(0, STRIDE),
	ArrowDown: (pan) => pan.move(0, -STRIDE),
};

type PanView = Extract<View, { kind: "pan" }>;
/** A place in shares of the viewport, from its middle. */
type Place = { x: number; y: number };

const MIDDLE: Place = { x: 0, y: 0 };

/** A viewport. Its view is how far the middle of its content is from its own, and how large the content is drawn. */
export class Pan {
	readonly element: HTMLElement;
	/** Told of each change that the user makes. */
	onView: ((view: PanView) => void) | null = null;
	/** Told of each change. */
	onChange: (() => void) | null = null;
	view: PanView = { kind: "pan", scale: 1, x: 0, y: 0 };
	readonly #content: HTMLElement;
	/** Where the fingers are that touch it, or the mouse with its button down. */
	readonly #fingers = new Map<number, Place>();

	constructor(content: HTMLElement, label: string) {
		content.classList.add("rw-content");
		this.#content = content;
		this.element = h(
			"div",
			{ class: "rw-view", tabindex: "0", role: "group", "aria-label": label },
			content,
		);
		const lift = ({ pointerId }: PointerEvent) =>
			this.#fingers.delete(pointerId);
		this.element.addEventListener("keydown", (event) => this.#type(event));
		this.element.addEventListener("wheel", (event) => this.#wheel(event));
		this.element.addEventListener("pointerdown", (event) => this.#touch(event));
		this.element.addEventListener("pointermove", (event) => this.#drag(event));
		this.element.addEventListener("pointerup", lift);
		this.element.addEventListener("pointercancel", lift);
	}

	/** Take a view, without telling of it. Some of the content stays in sight. */
	show({ scale, x, y }: PanView): void {
		const size = within(LEAST, scale, MOST);
		const far = size / 2;
		this.view = {
			kind: "pan",
			scale: size,
			x: within(-far, x, far),
			y: within(-far, y, far),
		};
		const { style } = this.#content;
		style.translate = `${100 * this.view.x}% ${100 * this.view.y}%`;
		style.scale = String(size);
		this.element.toggleAttribute("data-zoomed", size > 1);
		this.onChange?.();
	}

	zoom(factor: number): void {
		this.#pull(MIDDLE, MIDDLE, factor);
	}

	move(x: number, y: number): void {
		this.#pull(MIDDLE, { x, y }, 1);
	}

	/** Show it whole. */
	fit(): void {
		this.#go({ kind: "pan", scale: 1, x: 0, y: 0 });
	}

	/** Bring what is at one place to another, so many times as large. */
	#pull(from: Place, to: Place, factor: number): void {
		const { view } = this;
		const scale = within(LEAST, view.scale * factor, MOST);
		const grown = scale / view.scale;
		this.#go({
			kind: "pan",
			scale,
			x: to.x - (from.x - view.x) * grown,
			y: to.y - (from.y - view.y) * grown,
		});
	}

	#go(view: PanView): void {
		this.show(view);
		this.onView?.(this.view);
	}

	#place({ clientX, clientY }: MouseEvent): Place {
		const box = this.element.getBoundingClientRect();
		return {
			x: (clientX - box.left) / box.width - 0.5,
			y: (clientY - box.top) / box.height - 0.5,
		};
	}

	#type(event: KeyboardEvent): void {
		const act = KEYS[event.key];
		if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
			event.preventDefault();
			act(this);
		}
	}

	/** In a notebook the bare wheel scrolls the notebook; a pinch on a touchpad is a wheel with Ctrl. */
	#wheel(event: WheelEvent): void {
		const pinches = event.ctrlKey || event.metaKey;
		if (pinches || this.element.closest("dialog")) {
			event.preventDefault();
			const turned = within(-100, event.deltaY, 100);
			const place = this.#place(event);
			this.#pull(place, place, Math.exp(turned * (pinches ? -0.01 : -0.0025)));
		}
	}

	#touch(event: PointerEvent): void {
		if (event.button === 0) {
			this.#fingers.set(event.pointerId, this.#place(event));
			this.element.setPointerCapture(event.pointerId);
		}
	}

	/** What is between the fingers stays between them. */
	#drag(event: PointerEvent): void {
		if (this.#fingers.has(event.pointerId)) {
			const before = held(this.#fingers);
			this.#fingers.set(event.pointerId, this.#place(event));
			const after = held(this.#fingers);
			const factor = before.apart > 0 ? after.apart / before.apart : 1;
			this.#pull(before.middle, after.middle, factor);
		}
	}
}

/** The middle of some fingers, and how far apart the first two are. */
function held(fingers: Map<number, Place>): { middle: Place; apart: number } {
	const [one = MIDDLE, other = one] = fingers.values();
	return {
		middle: { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 },
		apart: Math.hypot(one.x - other.x, one.y - other.y),
	};
}

function within(least: number, value: number, most: number): number {
	return Math.min(Math.max(value, least), most);
}
