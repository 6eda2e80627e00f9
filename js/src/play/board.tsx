import { useMemo, useRef, useState } from "preact/hooks";
import type { Formed } from "../chunks/form";
import { useDrawn } from "../core/drawn";
import { playWords, usd } from "../core/words";
import type { Sheet } from "../form/sheet";
import { landed, thrown } from "../form/values";
import type { Supply } from "../view/stage";
import { Copying } from "./copying";
import { History, Outcome } from "./outcome";
import { Picker } from "./picker";
import { Presets } from "./presets";
import type { Traits } from "./protocol";
import type { Table } from "./table";

const told = playWords;
const MODIFIER = /Mac|iP(hone|ad)/.test(globalThis.navigator?.platform ?? "")
	? "⌘"
	: "Ctrl";

/** The whole playground: the model, its form, the price, and what came of it. */
export function Board({ table, supply }: { table: Table; supply: Supply }) {
	const [isLocked, setLocked] = useState(true);
	const name = useRef(`rw-play-${Math.random().toString(36).slice(2)}`).current;
	const { schema, groups } = table.get("form");
	const verdict = table.get("verdict");
	const state = table.get("state");
	const writer = table.get("writer");
	const paths = useMemo(
		() => groups.flatMap(({ fields }) => fields.map(({ path }) => path)),
		[groups],
	);
	// The height is drawn with the width.
	const flaws = landed(
		(verdict.flaws ?? []).map((flaw) =>
			flaw.path === "height" ? { ...flaw, path: "width" } : flaw,
		),
		paths,
	);
	const sheet: Sheet = {
		root: schema,
		name,
		media: table.get("media"),
		history: table.get("history"),
		flaws,
		varied: writer.varied ?? {},
		upload: (file, medium, progress) => table.upload(file, medium, progress),
		use: (uuid, medium) => table.use(uuid, medium),
	};
	const keys = told.keys(MODIFIER);

	function run(agreed = false): void {
		const seed = schema.properties?.seed;
		if (!isLocked && !agreed && seed) {
			table.set("seed", thrown(seed));
		}
		table.say({ kind: "run", agreed });
	}

	function press(event: KeyboardEvent): void {
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
			event.preventDefault();
			event.stopPropagation();
			run(state.phase === "asking");
		}
	}

	return (
		<div
			class="rw-play"
			role="group"
			aria-label={writer.title || told.title}
			onKeyDown={press}
		>
			<div class="rw-play-head">
				<Picker table={table} name={name} />
				<Presets table={table} />
				<About picked={table.get("picked")} />
			</div>
			<div class="rw-play-body">
				<div class="rw-play-form">
					{writer.title && <Written table={table} title={writer.title} />}
					<Host
						supply={supply}
						sheet={sheet}
						form={{
							name: table.get("picked").air,
							groups,
							task: table.task,
							onSet: (path, value) => table.set(path, value),
							isLocked,
							onLock: setLocked,
						}}
					/>
				</div>
				<div class="rw-play-side">
					<div class="rw-play-foot">
						{(flaws.get("") ?? []).map((message) => (
							<p class="rw-flaw" key={message}>
								{message}
							</p>
						))}
						<Act table={table} onRun={run} keys={keys} />
						<Copying table={table} />
					</div>
					<Outcome table={table} supply={supply} keys={keys} />
				</div>
			</div>
			<History table={table} />
		</div>
	);
}

type HostProps = Formed & { supply: Supply };

/** The place of the form, whose code comes with it. Without a kernel it stays empty. */
function Host({ supply, sheet, form }: HostProps) {
	const [problem, setProblem] = useState("");
	const formed: Formed = { sheet, form };
	const { box, isHere } = useDrawn(supply, "form", formed, {
		onFailed: setProblem,
	});
	return (
		<>
			<div ref={box} class="rw-play-fields" />
			{!isHere && !problem && <div class="rw-empty" data-running />}
			{problem && <p class="rw-problem">{problem}</p>}
		</>
	);
}

function About({ picked }: { picked: Traits["picked"] }) {
	return (
		<p class="rw-about">
			<span class="rw-kind">{picked.kind}</span>
			{picked.by && <span>{told.by(picked.by)}</span>}
			<span>{picked.price}</span>
			<code>{picked.air}</code>
			{picked.docs && (
				<a href={picked.docs} target="_blank" rel="noreferrer">
					{told.docs}
				</a>
			)}
		</p>
	);
}

type ActProps = { table: Table; onRun(agreed?: boolean): void; keys: string };

/** The price, and the button. A price that wants an agreement asks for it here. */
function Act({ table, onRun, keys }: ActProps) {
	const { phase } = table.get("state");
	const [price, detail] = estimate(table.get("verdict"), table.isJudged);
	if (phase === "asking") {
		return (
			<div class="rw-act rw-agree" role="alertdialog" aria-label={price}>
				<p>
					{told.agree(`${price.toLowerCase()}${detail ? ` (${detail})` : ""}`)}
				</p>
				<button
					type="button"
					class="rw-play-button rw-play-button-main"
					onClick={() => onRun(true)}
				>
					{told.send}
				</button>
				<button
					type="button"
					class="rw-play-button"
					onClick={() => table.ask({ kind: "decline" })}
				>
					{told.decline}
				</button>
			</div>
		);
	}
	return (
		<div class="rw-act">
			{phase === "running" ? (
				<button
					type="button"
					class="rw-play-button"
					onClick={() => table.ask({ kind: "stop" })}
				>
					{told.stop}
				</button>
			) : (
				<button
					type="button"
					class="rw-play-button rw-play-button-main"
					title={keys}
					onClick={() => onRun()}
				>
					{told.run} <kbd>{keys}</kbd>
				</button>
			)}
			<p class="rw-estimate" role="status">
				<b>{price}</b>
				{detail && <span class="rw-quiet">{detail}</span>}
			</p>
		</div>
	);
}

/** What it would cost, and more about that, in words. */
export function estimate(
	{ flaws = [], quote }: Traits["verdict"],
	isJudged: boolean,
): [string, string] {
	if (flaws.length > 0) {
		return [told.wrong(flaws.length), ""];
	}
	if (!quote || !isJudged) {
		return [told.pricing, ""];
	}
	if (quote.make === 0) {
		return [told.free, quote.here > 1 ? told.someHere(quote.here) : ""];
	}
	const parts = [told.results(quote.make)];
	if (quote.low < quote.high) {
		parts.unshift(told.between(usd(quote.low), usd(quote.high)));
	}
	if (quote.here > 0) {
		parts.push(told.someHere(quote.here));
	}
	const isKnown = quote.unpriced === 0 || quote.likely > 0;
	if (isKnown && quote.unpriced > 0) {
		parts.push(told.someUnknown(quote.unpriced));
	}
	return [
		isKnown ? told.about(usd(quote.likely)) : told.unknown,
		parts.join(" · "),
	];
}

/** The cell it was opened from: what it varies, and the tasks that it makes. */
function Written({ table, title }: { table: Table; title: string }) {
	const { tasks = [], all = 0 } = table.get("verdict");
	return (
		<details class="rw-form-group rw-written" open>
			<summary>{title}</summary>
			<label class="rw-field">
				<span class="rw-name">{told.sweep}</span>
				<textarea
					class="rw-input rw-lines rw-code"
					rows={2}
					spellcheck={false}
					placeholder={told.sweepHint}
					value={table.sweep}
					onInput={({ currentTarget: { value } }) => table.setSweep(value)}
				/>
			</label>
			{all > 0 && (
				<div class="rw-tasks">
					<span class="rw-quiet">{told.tasks(all)}</span>
					<ol>
						{tasks.map(({ at, words }, index) => (
							<li key={index}>
								{at.map(([axis, value]) => (
									<span class="rw-point" key={axis}>
										{axis} <b>{value}</b>
									</span>
								))}
								<span>{words}</span>
							</li>
						))}
					</ol>
					{all > tasks.length && (
						<span class="rw-quiet">{told.moreTasks(all - tasks.length)}</span>
					)}
				</div>
			)}
		</details>
	);
}
