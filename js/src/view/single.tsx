import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { words } from "../core/words";
import { Dialog } from "./dialog";
import { Tool } from "./icons";
import { stage } from "./open";
import type { Source, Stage, Supply, View } from "./stage";

type Props = { source: Source; supply: Supply };

/** Pixels a pointer may move in a click. */
const STILL = 4;

/** One source with its tools and facts; pictures open large at a click or Enter. */
export function Single({ source, supply }: Props) {
	return <One key={source.key} source={source} supply={supply} />;
}

function One({ source, supply }: Props) {
	const [isLarge, setLarge] = useState(false);
	const down = useRef({ x: 0, y: 0 });
	const view = useRef<View | null>(null);
	const isPicture = source.medium === "image" || source.medium === "vector";
	const inView = (target: EventTarget | null) =>
		isPicture && target instanceof Element && !!target.closest(".rw-view");

	return (
		// biome-ignore lint/a11y/noStaticElementInteractions: the viewport inside has the focus, and Enter does the same
		<div
			onPointerDown={({ x, y }) => {
				down.current = { x, y };
			}}
			onClick={({ x, y, target }) => {
				const { current } = down;
				const moved = Math.hypot(x - current.x, y - current.y);
				if (moved < STILL && inView(target)) {
					setLarge(true);
				}
			}}
			onKeyDown={({ key, target }) => {
				if (key === "Enter" && inView(target)) {
					setLarge(true);
				}
			}}
		>
			<Shown
				{...{ source, supply, view }}
				isCovered={isLarge}
				onEnlarge={source.medium === "text" ? null : () => setLarge(true)}
			/>
			{isLarge && (
				<Dialog label={source.alt} onClose={() => setLarge(false)}>
					<Shown {...{ source, supply, view }} onEnlarge={null} />
				</Dialog>
			)}
		</div>
	);
}

type ShownProps = Props & {
	/** Where it was left, here or in the dialog: each goes on from there. */
	view: { current: View | null };
	/** Whether the dialog lies over it. */
	isCovered?: boolean;
	onEnlarge: (() => void) | null;
};

function Shown({ source, supply, view, isCovered, onEnlarge }: ShownProps) {
	const box = useRef<HTMLDivElement>(null);
	const made = useRef<Stage | null>(null);
	const [problem, setProblem] = useState("");

	// Another source is another component, by its key: told anew with other facts, it is the same.
	useLayoutEffect(() => {
		const drawn = stage(source, supply);
		drawn.onView = (now) => {
			view.current = now;
		};
		made.current = drawn;
		box.current?.append(drawn.element);
		return () => {
			drawn.dispose();
			drawn.element.remove();
		};
	}, []);

	// Taken up when the dialog opens and when it closes.
	useLayoutEffect(() => {
		if (view.current) {
			made.current?.show(still(view.current));
		}
	}, [isCovered]);

	async function save(): Promise<void> {
		try {
			setProblem("");
			const link = document.createElement("a");
			link.href = await supply.url(source);
			link.download = `${source.medium}-${source.key}.${source.extension}`;
			link.click();
		} catch (error) {
			setProblem((error as Error).message);
		}
	}

	return (
		<div class="rw-single">
			<div class="rw-frame">
				<div class="rw-mount" ref={box} />
				<div class="rw-tools rw-tools-end">
					{source.bytes > 0 && (
						<Tool icon="save" label={words.single.save} onPress={save} />
					)}
					{onEnlarge && (
						<Tool icon="large" label={words.single.large} onPress={onEnlarge} />
					)}
				</div>
			</div>
			<p role="status" class="rw-problem" hidden={problem === ""}>
				{problem}
			</p>
			<Facts facts={source.facts} />
		</div>
	);
}

function still(view: View): View {
	return view.kind === "time" ? { ...view, playing: false } : view;
}

/** What is known of a source, in words. */
export function Facts({ facts }: { facts: Source["facts"] }) {
	return (
		<dl class="rw-facts" aria-label={words.single.facts}>
			{facts.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}
