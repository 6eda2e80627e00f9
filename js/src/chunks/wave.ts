/** Waveforms: wavesurfer, with peaks made beforehand, so that nothing is decoded here; and regions to repeat. */
import WaveSurfer from "wavesurfer.js";
import Regions from "wavesurfer.js/dist/plugins/regions.js";

export type Wave = { clear(): boolean; destroy(): void };
export type Waves = {
	wave(
		box: HTMLElement,
		media: HTMLAudioElement,
		peaks: number[],
		seconds: number,
		colours: { wave: string; progress: string },
	): Wave;
};

export const wave: Waves["wave"] = (box, media, peaks, seconds, colours) => {
	const regions = Regions.create();
	const surfer = WaveSurfer.create({
		container: box,
		media,
		peaks: [peaks],
		duration: seconds,
		height: "auto",
		waveColor: colours.wave,
		progressColor: colours.progress,
		cursorWidth: 2,
		barWidth: 2,
		barGap: 1,
		barRadius: 1,
		dragToSeek: false,
		plugins: [regions],
	});
	regions.enableDragSelection({ color: "rgba(127, 127, 127, 0.25)" });
	// One region at a time, repeated until it is cleared.
	regions.on("region-created", (made) => {
		for (const region of regions.getRegions()) {
			if (region !== made) {
				region.remove();
			}
		}
		media.currentTime = made.start;
	});
	regions.on("region-out", (region) => {
		if (!media.paused && regions.getRegions().includes(region)) {
			media.currentTime = region.start;
		}
	});
	return {
		clear(): boolean {
			const had = regions.getRegions().length > 0;
			regions.clearRegions();
			return had;
		},
		destroy: () => surfer.destroy(),
	};
};
