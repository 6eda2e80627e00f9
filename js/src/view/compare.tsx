import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { words } from "../core/words";
import { Dialog } from "./dialog";
import { Difference } from "./difference";
import { type Edit, edits } from "./edits";
import { Tool } from "./icons";
import { stage } from "./open";
import { Facts } from "./single";
import type { Source, Stage, Supply } from "./stage";

const told = words.compare;
/** Milliseconds each picture is shown in turn. */
const BLINK = 800;
const GAIN = 8;

type Mode = keyof typeof told.mode;
type Props = {
	a: Source;
	b: Source;
	supply: Supply;
	/** Hide what tells who made them. */
	blind?: boolean;
	/** Stand where it is put, not in a dialog. */
	inline?: boolean;
	/** How to begin, if the medium allows it. */
	start?: Mode;
	onClose(): void;
};

/** Two sources, compared as their medium allows. What is done to one is done to both. */
export function Compare({ inline = false, onClose, ...rest }: Props) {
	const comparison = <Comparison {...rest} />;
	return inline ? (
		comparison
	) : (
		<Dialog label={told.title} onClose={onClose}>
			{comparison}
		</Dialog>
	);
}

function Comparison({ a, b, supply, blind, start }: Omit<Props, "onClose">) {
	const modes = modesFor(a, b);
	const [mode, setMode] = useState<Mode>(
		modes.find((known) => known === start) ?? modes[0] ?? "side",
	);

	return (
		<div class="rw-compare">
			{modes.length > 1 && (
				<Modes modes={modes} chosen={mode} onChoose={setMode} />
			)}
			{mode === "words" ? (
				<Words a={a.text} b={b.text} />
			) : (
				<Pair key={`${a.key} ${b.key}`} {...{ a, b, supply, mode }} />
			)}
			<div class="rw-captions">
				{[a, b].map((source, n) => (
					<div key={source.key}>
						<b class="rw-letter">{n === 0 ? "A" : "B"}</b>
						<Facts facts={blind ? [] : source.facts} />
					</div>
				))}
			</div>
		</div>
	);
}

/** How two sources can be compared, the most telling way first. */
export function modesFor(a: Source, b: Source): Mode[] {
	const media = [a, b].map(({ medium }) =>
		medium === "vector" ? "image" : medium,
	);
	if (media[0] !== media[1]) {
		return ["side"];
	}
	switch (media[0]) {
		case "image":
		case "video":
			return ["slider", "side", "blink", "difference"];
		case "text":
			return ["words", "side"];
		default:
			return ["side"];
	}
}

/** Whether the tools of one do for both. */
function sharesTools(a: Source, b: Source): boolean {
	return modesFor(a, b).includes("slider");
}

type ModesProps = { modes: Mode[]; chosen: Mode; onChoose(mode: Mode): void };

function Modes({ modes, chosen, onChoose }: ModesProps) {
	const name = useRef(`rw-modes-${Math.random()}`);
	return (
		<fieldset class="rw-modes">
			<legend class="rw-unseen">{told.modes}</legend>
			{modes.map((mode) => (
				<label key={mode}>
					<input
						type="radio"
						name={name.current}
						checked={mode === chosen}
						onChange={() => onChoose(mode)}
					/>
					{told.mode[mode]}
				</label>
			))}
		</fieldset>
	);
}

type PairProps = { a: Source; b: Source; supply: Supply; mode: Mode };

/** Two stages, beside or over each other, in step. They outlive changes of mode, so films need no second start. */
function Pair({ a, b, supply, mode }: PairProps) {
	const box = useRef<HTMLDivElement>(null);
	const stages = useRef<Stage[]>([]);
	const [split, setSplit] = useState(50);
	const blink = useBlink(mode === "blink");
	const difference = useDifference(mode === "difference", box, stages);

	// Another pair is another component, by its key.
	useLayoutEffect(() => {
		const made = [stage(a, supply), stage(b, supply)];
		stages.current = made;
		inStep(made);
		for (const [n, { element }] of made.entries()) {
			element.classList.add(n === 0 ? "rw-a" : "rw-b");
			box.current?.append(element);
		}
		return () => {
			for (const each of made) {
				each.dispose();
				each.element.remove();
			}
		};
	}, []);

	return (
		<div class="rw-pair-frame">
			<div
				ref={box}
				class={`rw-pair rw-${mode}${sharesTools(a, b) ? " rw-in-step" : ""}`}
				data-front={mode === "blink" ? blink.front : undefined}
				style={{ "--split": split / 100 }}
			>
				{mode === "slider" && (
					<input
						type="range"
						class="rw-split"
						min={0}
						max={100}
						value={split}
						aria-label={told.split}
						onInput={({ currentTarget }) =>
							setSplit(currentTarget.valueAsNumber)
						}
					/>
				)}
			</div>
			{mode === "blink" && (
				<div class="rw-tools">
					<Tool
						icon={blink.isRunning ? "pause" : "play"}
						label={blink.isRunning ? words.film.pause : words.film.play}
						onPress={blink.toggle}
					/>
					<Tool
						icon="swap"
						label={told.swap}
						words={told.swap}
						onPress={blink.swap}
					/>
					<span role="status" aria-live={blink.isRunning ? "off" : "polite"}>
						{told.shown(blink.front === "a" ? "A" : "B")}
					</span>
				</div>
			)}
			{mode === "difference" && (
				<div class="rw-tools">
					<Tool
						icon="plus"
						label={told.stronger}
						words={`${told.stronger} ×${GAIN}`}
						pressed={difference.isStrong}
						onPress={difference.toggle}
					/>
					<output>{difference.words}</output>
				</div>
			)}
		</div>
	);
}

/** Have each stage follow the others. */
function inStep(stages: Stage[]): void {
	for (const leader of stages) {
		leader.onView = (view) => {
			for (const other of stages) {
				if (other !== leader) {
					other.show(view);
				}
			}
		};
	}
}

/** Show one, then the other: by itself where motion is welcome, else when asked. */
function useBlink(isOn: boolean) {
	const [front, setFront] = useState<"a" | "b">("a");
	const [isRunning, setRunning] = useState(motionIsWelcome);
	const swap = () => setFront((now) => (now === "a" ? "b" : "a"));

	useEffect(() => {
		if (!isOn || !isRunning) {
			return;
		}
		const timer = setInterval(swap, BLINK);
		return () => clearInterval(timer);
	}, [isOn, isRunning]);

	return {
		front,
		isRunning,
		toggle: () => setRunning(!isRunning),
		swap: () => {
			setRunning(false);
			swap();
		},
	};
}

function motionIsWelcome(): boolean {
	return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Lay a drawing of the differences over the pair, as a third stage in step with it. */
function useDifference(
	isOn: boolean,
	box: { current: HTMLDivElement | null },
	stages: { current: Stage[] },
) {
	const [told, tell] = useState("");
	const [isStrong, setStrong] = useState(false);
	const drawing = useRef<Difference | null>(null);

	useLayoutEffect(() => {
		const media = stages.current.map(({ element }) =>
			element.querySelector<HTMLImageElement | HTMLVideoElement>(".rw-media"),
		);
		const [a, b] = media;
		if (!isOn || !a || !b) {
			return;
		}
		const third = new Difference(a, b, tell);
		third.element.classList.add("rw-over");
		box.current?.append(third.element);
		drawing.current = third;
		inStep([...stages.current, third]);
		for (const each of stages.current) {
			each.show({ kind: "time", seconds: 0, playing: false });
		}
		return () => {
			drawing.current = null;
			third.dispose();
			third.element.remove();
			inStep(stages.current);
		};
	}, [isOn, box, stages]);

	return {
		words: told,
		isStrong,
		toggle: () => {
			setStrong(!isStrong);
			if (drawing.current) {
				drawing.current.gain = isStrong ? 1 : GAIN;
				drawing.current.draw();
			}
		},
	};
}

/** Two texts in one, with what is only in A struck out and what is only in B underlined. */
function Words({ a, b }: { a: string; b: string }) {
	const found = edits(a, b);
	if (found === null) {
		return <p role="status">{told.tooLong}</p>;
	}
	const count = (kind: string) =>
		found
			.filter((edit) => edit.kind === kind)
			.reduce((sum, { text }) => sum + text.trim().split(/\s+/).length, 0);
	const [removed, added] = [count("removed"), count("added")];
	return (
		<>
			<p role="status" class="rw-quiet">
				{removed + added === 0 ? told.same : told.changed(removed, added)}
			</p>
			<section
				class="rw-text"
				aria-label={told.mode.words}
				// biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
				tabIndex={0}
			>
				{found.map(({ kind, text }, n) => (
					<Stretch key={`${n} ${kind}`} kind={kind} text={text} />
				))}
			</section>
		</>
	);
}

/** A stretch of the texts. The blanks at its end are not marked. */
function Stretch({ kind, text }: Edit) {
	const words = text.trimEnd();
	const blanks = text.slice(words.length);
	switch (kind) {
		case "removed":
			return (
				<>
					<del title={told.removed}>{words}</del>
					{blanks}
				</>
			);
		case "added":
			return (
				<>
					<ins title={told.added}>{words}</ins>
					{blanks}
				</>
			);
		default:
			return text;
	}
}
