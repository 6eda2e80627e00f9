import { render } from "preact";
import { h } from "../core/dom";
import { words } from "../core/words";
import { Tool } from "./icons";
import { Pan, STEP } from "./pan";
import type { Source, Stage, Supply, View } from "./stage";

const told = words.picture;

/** A picture or a drawing: its preview at once, then the original; to zoom and to move. */
export function picture(source: Source, supply: Supply): Stage {
	const isOpaque = source.mime === "image/jpeg";
	const image = h("img", {
		class: isOpaque ? "rw-media" : "rw-media rw-checks",
		alt: source.alt,
		draggable: "false",
	});
	const status = h("p", { class: "rw-told", role: "status" }, told.loading);
	const pan = new Pan(h("div", {}, image), told.keys);
	const bar = h("div", { class: "rw-tools" });
	pan.element.append(status);
	let width = source.width;

	function size(): void {
		const isVector = source.medium === "vector";
		width = source.width || image.naturalWidth;
		const height = source.height || image.naturalHeight;
		if (width > 0 && height > 0) {
			pan.element.style.setProperty("--ratio", String(width / height));
			// A drawing has no pixels of its own: it fills what there is.
			const most = isVector ? "100cqmax" : `${width}px`;
			image.style.setProperty("--most", most);
			if (!isVector) {
				pan.element.style.setProperty("--tall", `${height}px`);
			}
		}
		draw();
	}

	/** Pixels of the page for a pixel of the picture. */
	function share(): number {
		return (pan.view.scale * image.clientWidth) / (width || 1);
	}

	function draw(): void {
		render(
			<>
				<Tool
					icon="minus"
					label={told.zoomOut}
					onPress={() => pan.zoom(1 / STEP)}
				/>
				<output class="rw-number">{told.zoomed(share())}</output>
				<Tool icon="plus" label={told.zoomIn} onPress={() => pan.zoom(STEP)} />
				<Tool icon="fit" label={told.fit} onPress={() => pan.fit()} />
				<button
					type="button"
					class="rw-tool"
					title={told.full}
					aria-label={told.full}
					onClick={() => pan.zoom(1 / share())}
				>
					{told.fullShort}
				</button>
			</>,
			bar,
		);
	}

	/** Replace the preview, once the original is there and is a picture that this browser knows. */
	async function load(): Promise<void> {
		try {
			const url = await supply.url(source);
			await decoded(url);
			image.src = url;
			status.hidden = true;
		} catch (error) {
			status.textContent = (error as Error).message;
		}
	}

	const stage: Stage = {
		element: h("div", { class: "rw-stage" }, pan.element, bar),
		onView: null,
		show(view: View): void {
			if (view.kind === "pan") {
				pan.show(view);
			}
		},
		dispose(): void {
			resized.disconnect();
			render(null, bar);
		},
	};
	const resized = new ResizeObserver(draw);
	resized.observe(image);
	image.addEventListener("load", size);
	pan.onChange = draw;
	pan.onView = (view) => stage.onView?.(view);
	if (source.poster) {
		image.src = source.poster;
	}
	size();
	load();
	return stage;
}

async function decoded(url: string): Promise<void> {
	const image = new Image();
	image.src = url;
	try {
		await image.decode();
	} catch {
		throw new Error(told.failed);
	}
}
