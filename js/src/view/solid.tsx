import { render } from "preact";
import { h } from "../core/dom";
import { words } from "../core/words";
import type { Draco, Engine, Solid } from "../three/solid";
import { rest, wake } from "./contexts";
import { Tool } from "./icons";
import type { Source, Stage, Supply, View } from "./stage";

const told = words.solid;
const MOST_BYTES = 200_000_000;
const ENGINES: Record<string, string> = { fbx: "fbx" };

/** A mesh: its poster until it is asked for, then the thing itself; and its last frame when others need the room. */
export function solid(source: Source, supply: Supply): Stage {
	const image = h("img", { class: "rw-media", alt: source.alt });
	const status = h("p", { class: "rw-told", role: "status", hidden: true });
	const content = h("div", { class: "rw-content" }, image);
	const view = h(
		"div",
		{ class: "rw-view", tabindex: "0", role: "group", "aria-label": told.keys },
		content,
		status,
	);
	const bar = h("div", { class: "rw-tools rw-tools-wide" });
	let shown: Solid | null = null;
	let opening: Promise<void> | null = null;
	let isGone = false;
	let last: Extract<View, { kind: "camera" }> | null = null;
	let settings = { wire: false, turn: false, light: 1 };

	function open(): Promise<void> {
		if (shown) {
			wake(sleep);
			return Promise.resolve();
		}
		opening ??= load().finally(() => {
			opening = null;
			draw();
		});
		draw();
		return opening;
	}

	async function load(): Promise<void> {
		tell(told.loading);
		try {
			if (source.bytes > MOST_BYTES) {
				throw new Error(told.large);
			}
			const engine = ENGINES[source.extension] ?? "mesh";
			const isDraco = source.encodings.includes("draco");
			const [file, { open: show }, draco] = await Promise.all([
				supply.url(source).then(fetched),
				supply.chunk<Engine>(engine),
				isDraco ? supply.chunk<Draco>("draco") : null,
			]);
			if (isGone) {
				return;
			}
			wake(sleep);
			shown = await show(content, file, source.extension, draco);
			shown.onView = (camera) => {
				last = camera;
				stage.onView?.(camera);
			};
			shown.onLost = sleep;
			image.hidden = true;
			shown.wireframe(settings.wire);
			shown.light(settings.light);
			if (last) {
				shown.show(last);
			}
			tell("");
			if (isGone) {
				close();
			}
		} catch (error) {
			rest(sleep);
			tell((error as Error).message || told.failed);
		}
	}

	/** Give the context up, and show the last frame. */
	function sleep(): void {
		rest(sleep);
		if (shown) {
			const picture = shown.picture();
			last = shown.view();
			close();
			if (picture) {
				image.src = picture;
				supply.poster(source, picture);
			}
			image.hidden = false;
			settings = { ...settings, turn: false };
			draw();
		}
	}

	function close(): void {
		if (shown) {
			shown.onLost = null;
			shown.dispose();
			shown = null;
		}
	}

	function tell(line: string): void {
		status.textContent = line;
		status.hidden = line === "";
	}

	function set(changes: Partial<typeof settings>): void {
		settings = { ...settings, ...changes };
		wake(sleep);
		shown?.wireframe(settings.wire);
		shown?.rotate(settings.turn);
		shown?.light(settings.light);
		draw();
	}

	function type(event: KeyboardEvent): void {
		if (event.ctrlKey || event.metaKey || event.altKey) {
			return;
		}
		if (!shown && (event.key === "Enter" || event.key === " ")) {
			event.preventDefault();
			event.stopPropagation();
			open();
		} else if (shown?.press(event.key)) {
			event.preventDefault();
			event.stopPropagation();
		}
	}

	function draw(): void {
		render(
			shown ? (
				<>
					<Tool icon="fit" label={told.reset} onPress={() => shown?.reset()} />
					<Tool
						icon="wire"
						label={told.wireframe}
						pressed={settings.wire}
						onPress={() => set({ wire: !settings.wire })}
					/>
					<Tool
						icon="loop"
						label={told.rotate}
						pressed={settings.turn}
						onPress={() => set({ turn: !settings.turn })}
					/>
					<input
						type="range"
						class="rw-seek"
						aria-label={told.light}
						title={told.light}
						min={0.2}
						max={3}
						step={0.1}
						value={settings.light}
						onInput={({ currentTarget }) =>
							set({ light: currentTarget.valueAsNumber })
						}
					/>
					<span class="rw-number">{told.triangles(shown.triangles)}</span>
				</>
			) : (
				<Tool
					icon="play"
					label={told.open}
					words={told.open}
					onPress={() => open()}
				/>
			),
			bar,
		);
	}

	const stage: Stage = {
		element: h("div", { class: "rw-stage" }, view, bar),
		onView: null,
		show(camera: View): void {
			if (camera.kind === "camera") {
				last = camera;
				shown?.show(camera);
			}
		},
		dispose(): void {
			isGone = true;
			rest(sleep);
			close();
			render(null, bar);
		},
	};
	image.hidden = source.poster === "";
	image.src = source.poster;
	view.addEventListener("keydown", type);
	content.addEventListener("click", () => {
		if (!shown) {
			open();
		}
	});
	content.addEventListener("pointerdown", () => shown && wake(sleep));
	draw();
	return stage;
}

async function fetched(url: string): Promise<ArrayBuffer> {
	const answer = await fetch(url);
	if (!answer.ok) {
		throw new Error(told.failed);
	}
	return answer.arrayBuffer();
}
