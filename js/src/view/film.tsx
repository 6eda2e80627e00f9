import { render } from "preact";
import { h } from "../core/dom";
import { words } from "../core/words";
import { Tool } from "./icons";
import type { Source, Stage, Supply, View } from "./stage";

/** Seconds a frame of a film that has not told its own. */
const FRAME = 1 / 25;
/** Seconds two films may be apart before one is set to the other. */
const DRIFT = 0.12;
const told = words.film;

type Work = () => void | Promise<void>;

/** A film: plays, repeats, goes by frames. */
export function film(source: Source, supply: Supply): Stage {
	return new Film(source, supply);
}

class Film implements Stage {
	readonly element: HTMLElement;
	onView: ((view: View) => void) | null = null;
	readonly #source: Source;
	readonly #supply: Supply;
	readonly #video: HTMLVideoElement;
	readonly #status = h("p", { class: "rw-told", role: "status", hidden: true });
	readonly #bar = h("div", { class: "rw-tools rw-tools-wide" });
	#ready: Promise<void> | null = null;
	/** Seconds a frame, as far as is known. */
	#frame: number | null;
	/** Whether the user moves this one: only then are others told where it is. */
	#leads = false;

	constructor(source: Source, supply: Supply) {
		this.#source = source;
		this.#frame = source.frame_rate > 0 ? 1 / source.frame_rate : null;
		this.#supply = supply;
		this.#video = h("video", {
			class: "rw-media",
			playsinline: true,
			preload: "auto",
			poster: source.poster,
			"aria-label": source.alt,
		});
		const view = h(
			"div",
			{
				class: "rw-view",
				tabindex: "0",
				role: "group",
				"aria-label": told.keys,
			},
			h("div", { class: "rw-content" }, this.#video),
			this.#status,
		);
		if (source.width > 0 && source.height > 0) {
			const ratio = source.width / source.height;
			view.style.setProperty("--ratio", String(ratio));
			view.style.setProperty("--tall", `${source.height}px`);
			this.#video.style.setProperty("--most", `${source.width}px`);
		}
		this.element = h("div", { class: "rw-stage" }, view, this.#bar);
		view.addEventListener("keydown", (event) => this.#type(event));
		this.#video.addEventListener("click", () => this.#toggle());
		for (const event of ["play", "pause", "seeked", "timeupdate", "ended"]) {
			this.#video.addEventListener(event, () => this.#tick());
		}
		if (this.#frame === null) {
			this.#learn();
		}
		this.#draw();
		if (!source.poster) {
			this.#act(() => undefined);
		}
	}

	show(view: View): void {
		if (view.kind === "time") {
			this.#leads = false;
			this.#act(() => this.#follow(view));
		}
	}

	dispose(): void {
		this.#video.pause();
		this.#video.removeAttribute("src");
		this.#video.load();
		render(null, this.#bar);
	}

	/** Fetch it, once, as far as the first frame: not before it is asked for, if there is a poster. */
	#load(): Promise<void> {
		const video = this.#video;
		this.#ready ??= this.#supply.url(this.#source).then(
			(url) =>
				new Promise((resolve, reject) => {
					const failed = () => reject(new Error(told.failed));
					video.addEventListener("loadeddata", () => resolve(), { once: true });
					video.addEventListener("error", failed, { once: true });
					video.src = url;
				}),
		);
		return this.#ready;
	}

	async #act(work: Work): Promise<void> {
		try {
			await this.#load();
			await work();
			this.#status.hidden = true;
		} catch (error) {
			// Playing that is paused before it began has not failed.
			if ((error as Error).name !== "AbortError") {
				this.#status.textContent = (error as Error).message;
				this.#status.hidden = false;
				this.#ready = null;
			}
		}
		this.#draw();
	}

	/** Do what the user asked for, then tell. */
	#lead(work: Work): void {
		this.#act(async () => {
			this.#leads = true;
			await work();
			this.#tell();
		});
	}

	async #follow({ seconds, playing }: View & { kind: "time" }): Promise<void> {
		const video = this.#video;
		const apart = Math.abs(video.currentTime - seconds);
		if (!playing || apart > DRIFT) {
			video.currentTime = seconds;
		}
		if (!playing) {
			video.pause();
		} else if (video.paused) {
			video.muted = true; // one voice is enough
			await video.play();
		}
	}

	#tell(): void {
		const { currentTime: seconds, paused } = this.#video;
		this.onView?.({ kind: "time", seconds, playing: !paused });
	}

	#tick(): void {
		this.#draw();
		if (this.#leads && !this.#video.paused) {
			this.#tell();
		}
	}

	#toggle(): void {
		const video = this.#video;
		this.#lead(() => (video.paused ? video.play() : video.pause()));
	}

	#seek(seconds: number): void {
		this.#lead(() => {
			this.#video.currentTime = seconds;
		});
	}

	/** Go to the middle of another frame: its edges are not exact. */
	#step(frames: number): void {
		this.#lead(() => {
			const video = this.#video;
			video.pause();
			const frame = this.#frame ?? FRAME;
			const now = Math.floor(video.currentTime / frame + 1e-3);
			const next = (now + frames + 0.5) * frame;
			video.currentTime = Math.min(Math.max(next, 0), video.duration);
		});
	}

	/** Learn how long a frame is: no two that are shown are nearer to each other. */
	#learn(before?: number): void {
		this.#video.requestVideoFrameCallback?.((_, { mediaTime }) => {
			const apart = Math.abs(mediaTime - (before ?? mediaTime));
			if (apart > 0) {
				this.#frame = Math.min(this.#frame ?? apart, apart);
			}
			this.#learn(mediaTime);
		});
	}

	#type(event: KeyboardEvent): void {
		const keys: Record<string, () => void> = {
			" ": () => this.#toggle(),
			",": () => this.#step(-1),
			".": () => this.#step(1),
		};
		const act = keys[event.key];
		if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
			event.preventDefault();
			act();
		}
	}

	#draw(): void {
		const video = this.#video;
		const length = video.duration || this.#source.duration || 0;
		const change = (about: Partial<HTMLVideoElement>) => {
			Object.assign(video, about);
			this.#draw();
		};
		render(
			<>
				<Tool
					icon={video.paused ? "play" : "pause"}
					label={video.paused ? told.play : told.pause}
					onPress={() => this.#toggle()}
				/>
				<Tool icon="back" label={told.back} onPress={() => this.#step(-1)} />
				<Tool icon="on" label={told.on} onPress={() => this.#step(1)} />
				<input
					type="range"
					class="rw-seek"
					aria-label={told.seek}
					aria-valuetext={clock(video.currentTime)}
					min={0}
					max={length}
					step={0.01}
					value={video.currentTime}
					onInput={({ currentTarget }) =>
						this.#seek(currentTarget.valueAsNumber)
					}
				/>
				<span class="rw-number">
					{clock(video.currentTime)} / {clock(length)}
				</span>
				<Tool
					icon="loop"
					label={told.loop}
					pressed={video.loop}
					onPress={() => change({ loop: !video.loop })}
				/>
				<Tool
					icon="sound"
					label={told.sound}
					pressed={!video.muted}
					onPress={() => change({ muted: !video.muted })}
				/>
			</>,
			this.#bar,
		);
	}
}

/** Write a moment as players do, with hundredths: "0:05.24". */
function clock(seconds: number): string {
	const whole = Number.isFinite(seconds) ? seconds : 0;
	const minutes = Math.floor(whole / 60);
	return `${minutes}:${(whole % 60).toFixed(2).padStart(5, "0")}`;
}
