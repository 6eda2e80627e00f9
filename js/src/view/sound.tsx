import { render } from "preact";
import type { Wave, Waves } from "../chunks/wave";
import { h } from "../core/dom";
import { words } from "../core/words";
import { Tool } from "./icons";
import type { Source, Stage, Supply, View } from "./stage";

const told = words.sound;
/** Seconds that an arrow key goes. */
const STRIDE = 1;
const DRIFT = 0.2;

/** A sound: its waveform at once, from peaks; it is fetched when it is played, or the keyboard comes to it. */
export function sound(source: Source, supply: Supply): Stage {
	const audio = h("audio", { preload: "auto", "aria-label": source.alt });
	const still = h("img", { class: "rw-media", alt: source.alt });
	const status = h("p", { class: "rw-told", role: "status", hidden: true });
	const content = h("div", { class: "rw-wave" }, still);
	const view = h(
		"div",
		{
			class: "rw-view rw-sound",
			tabindex: "0",
			role: "group",
			"aria-label": told.keys,
		},
		content,
		status,
	);
	const bar = h("div", { class: "rw-tools rw-tools-wide" });
	let wave: Wave | null = null;
	let ready: Promise<void> | null = null;
	let leads = false;
	let isGone = false;

	/** Fetch it, once, and what draws it. */
	function load(): Promise<void> {
		ready ??= Promise.all([
			supply.url(source).then((url) => {
				audio.src = url;
			}),
			source.peaks.length > 0 ? supply.chunk<Waves>("wave") : null,
		]).then(([, waves]) => {
			if (waves && !isGone) {
				const { color } = getComputedStyle(view);
				const accent =
					getComputedStyle(view).getPropertyValue("--rw-accent") || color;
				still.remove();
				const colours = { wave: color, progress: accent.trim() || color };
				wave = waves.wave(
					content,
					audio,
					source.peaks,
					source.duration,
					colours,
				);
			}
		});
		return ready;
	}

	async function act(work: () => void | Promise<void>): Promise<void> {
		try {
			await load();
			await work();
			status.hidden = true;
		} catch (error) {
			if ((error as Error).name !== "AbortError") {
				status.textContent = (error as Error).message || told.failed;
				status.hidden = false;
				ready = null;
			}
		}
		draw();
	}

	function tell(): void {
		stage.onView?.({
			kind: "time",
			seconds: audio.currentTime,
			playing: !audio.paused,
		});
	}

	/** Do what the user asked for, then tell. */
	function led(work: () => void | Promise<void>): void {
		act(async () => {
			leads = true;
			await work();
			tell();
		});
	}

	function toggle(): void {
		led(() => (audio.paused ? audio.play() : audio.pause()));
	}

	function seek(seconds: number): void {
		led(() => {
			const end = audio.duration || source.duration;
			audio.currentTime = Math.min(Math.max(0, seconds), end);
		});
	}

	function type(event: KeyboardEvent): void {
		const does: Record<string, () => void> = {
			" ": toggle,
			ArrowLeft: () => seek(audio.currentTime - STRIDE),
			ArrowRight: () => seek(audio.currentTime + STRIDE),
			Home: () => seek(0),
			End: () => seek(audio.duration || source.duration),
		};
		const act = does[event.key];
		if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
			event.preventDefault();
			event.stopPropagation();
			act();
		} else if (event.key === "Escape" && wave?.clear()) {
			event.preventDefault();
			event.stopPropagation();
		}
	}

	function draw(): void {
		const length = audio.duration || source.duration || 0;
		const playing = !audio.paused;
		render(
			<>
				<Tool
					icon={playing ? "pause" : "play"}
					label={playing ? told.pause : told.play}
					onPress={toggle}
				/>
				<input
					type="range"
					class="rw-seek"
					aria-label={told.seek}
					min={0}
					max={length}
					step={0.01}
					value={audio.currentTime}
					onInput={({ currentTarget }) => seek(currentTarget.valueAsNumber)}
				/>
				<span class="rw-number">
					{clock(audio.currentTime)} / {clock(length)}
				</span>
				<Tool
					icon="loop"
					label={told.loop}
					pressed={audio.loop}
					onPress={() => {
						audio.loop = !audio.loop;
						draw();
					}}
				/>
			</>,
			bar,
		);
	}

	function tick(): void {
		draw();
		if (leads && !audio.paused) {
			tell();
		}
	}

	const stage: Stage = {
		element: h("div", { class: "rw-stage" }, view, bar),
		onView: null,
		show(told: View): void {
			if (told.kind !== "time") {
				return;
			}
			leads = false;
			act(async () => {
				const apart = Math.abs(audio.currentTime - told.seconds);
				if (!told.playing || apart > DRIFT) {
					audio.currentTime = told.seconds;
				}
				if (told.playing && audio.paused) {
					audio.muted = true; // one voice is enough
					await audio.play();
				} else if (!told.playing) {
					audio.pause();
				}
			});
		},
		dispose(): void {
			isGone = true;
			audio.pause();
			wave?.destroy();
			audio.removeAttribute("src");
			audio.load();
			render(null, bar);
		},
	};
	still.hidden = source.poster === "";
	still.src = source.poster;
	view.addEventListener("keydown", type);
	view.addEventListener("focusin", () => act(() => undefined), { once: true });
	for (const event of ["play", "pause", "seeked", "timeupdate", "ended"]) {
		audio.addEventListener(event, tick);
	}
	draw();
	return stage;
}

/** Write a moment as players do: "0:05". */
function clock(seconds: number): string {
	const whole = Number.isFinite(seconds) ? Math.floor(seconds) : 0;
	return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
