import type { ComponentChildren } from "preact";
import { gridWords, seconds, usd, words } from "../core/words";
import { Tool } from "../view/icons";
import type { Desk } from "./desk";
import type { Pivot, Progress } from "./protocol";

const told = gridWords;
const FILTERS: Pivot["filter"][] = [
	"all",
	"failed",
	"different",
	"rated",
	"unrated",
];
const SORTS: Pivot["sort"][] = ["order", "cost", "time", "rating", "failed"];

type Props = { desk: Desk; onVote(): void; onKeys(): void };

/** What is done with the grid as a whole, and how it is laid out. */
export function Toolbar({ desk, onVote, onKeys }: Props) {
	const axes = desk.get("axes");
	const votes = desk.get("votes");
	const names = axes.map(({ name }) => name);
	const { rows, cols, pages, filter, sort, size } = desk.get("pivot");
	const set = (changes: Partial<Pivot>) =>
		desk.ask({ kind: "pivot", pivot: changes });

	return (
		<div class="rw-bar" role="toolbar" aria-label={told.layout}>
			<span class="rw-group">
				<Choice
					label={told.rows}
					value={rows ?? ""}
					options={[["", told.none], ...names.map(pair)]}
					onChoose={(name) =>
						set({ rows: name || null, cols: name === cols ? rows : cols })
					}
				/>
				<Tool
					icon="swap"
					label={told.swap}
					onPress={() => set({ rows: cols, cols: rows })}
				/>
				<Choice
					label={told.cols}
					value={cols ?? ""}
					options={[["", told.none], ...names.map(pair)]}
					onChoose={(name) =>
						set({ cols: name || null, rows: name === rows ? cols : rows })
					}
				/>
			</span>
			{Object.entries(pages).map(([name, index]) => {
				const labels = axes.find((axis) => axis.name === name)?.labels;
				return (
					<Pager
						key={name}
						name={name}
						labels={labels ?? []}
						index={index}
						onTurn={(value) => set({ pages: { ...pages, [name]: value } })}
					/>
				);
			})}
			<span class="rw-group">
				<Choice
					label={told.filter}
					value={filter}
					options={FILTERS.map((name) => [name, told.filters[name]])}
					onChoose={(name) => set({ filter: name as Pivot["filter"] })}
				/>
				<Choice
					label={told.sort}
					value={sort}
					options={SORTS.map((name) => [name, told.sorts[name]])}
					onChoose={(name) => set({ sort: name as Pivot["sort"] })}
				/>
				<label class="rw-choice">
					<span aria-hidden="true">{told.size}</span>
					<input
						type="range"
						aria-label={told.size}
						min={64}
						max={384}
						step={16}
						value={size}
						onChange={({ currentTarget }) => {
							desk.refresh();
							set({ size: Number(currentTarget.value) });
						}}
					/>
				</label>
			</span>
			<span class="rw-group">
				<button
					type="button"
					class="rw-button"
					disabled={votes.of === 0}
					title={votes.told || told.voteTitle}
					onClick={onVote}
				>
					{told.vote}
				</button>
				<button
					type="button"
					class="rw-button"
					title={told.freezeTitle}
					onClick={() => desk.ask({ kind: "freeze" })}
				>
					{told.freeze}
				</button>
				<button
					type="button"
					class="rw-button"
					aria-label={told.keys.title}
					title={told.keys.title}
					onClick={onKeys}
				>
					?
				</button>
			</span>
		</div>
	);
}

function pair(name: string): [string, string] {
	return [name, name];
}

type ChoiceProps = {
	label: string;
	value: string;
	options: [string, string][];
	onChoose(value: string): void;
};

function Choice({ label, value, options, onChoose }: ChoiceProps) {
	return (
		<label class="rw-choice">
			<span aria-hidden="true">{label}</span>
			<select
				aria-label={label}
				value={value}
				onChange={({ currentTarget }) => onChoose(currentTarget.value)}
			>
				{options.map(([name, shown]) => (
					<option key={name} value={name}>
						{shown}
					</option>
				))}
			</select>
		</label>
	);
}

type PagerProps = {
	name: string;
	labels: string[];
	index: number;
	onTurn(index: number): void;
};

/** One value of an axis that is neither rows nor columns. */
function Pager({ name, labels, index, onTurn }: PagerProps) {
	const step = (by: number) =>
		onTurn((index + by + labels.length) % labels.length);
	return (
		<span class="rw-pager">
			<Choice
				label={name}
				value={String(index)}
				options={labels.map((label, n) => [String(n), label])}
				onChoose={(value) => onTurn(Number(value))}
			/>
			{labels.length > 1 && (
				<>
					<Step label={told.before(name)} onPress={() => step(-1)}>
						‹
					</Step>
					<Step label={told.after(name)} onPress={() => step(1)}>
						›
					</Step>
				</>
			)}
		</span>
	);
}

type StepProps = {
	label: string;
	onPress(): void;
	children: ComponentChildren;
};

function Step({ label, onPress, children }: StepProps) {
	return (
		<button type="button" class="rw-tool" aria-label={label} onClick={onPress}>
			{children}
		</button>
	);
}

/** How far it is, what it cost, and what can be done about that. */
export function Status({ desk }: { desk: Desk }) {
	const now = desk.get("progress");
	const { state, idle, failed } = now;
	const ended = now.done + now.failed;
	return (
		<div class="rw-status">
			<div class="rw-status-line">
				{/* While it runs it changes all the time: read out is what came of it. */}
				<p role="status" aria-live={state === "running" ? "off" : "polite"}>
					{line(now).join(" · ")}
				</p>
				{state === "running" && (
					<>
						<Act desk={desk} kind="pause" />
						<Act desk={desk} kind="stop" />
					</>
				)}
				{state === "paused" && (
					<>
						<Act desk={desk} kind="go" />
						<Act desk={desk} kind="stop" />
					</>
				)}
				{state !== "running" &&
					state !== "paused" &&
					idle + stopped(now) > 0 && <Act desk={desk} kind="run" isMain />}
				{failed > 0 && state !== "running" && <Act desk={desk} kind="retry" />}
				{now.sandbox && <span class="rw-badge">{told.sandbox}</span>}
			</div>
			{(state === "running" || state === "paused") && (
				<progress
					aria-label={told.progress}
					value={ended}
					max={Math.max(1, now.all)}
				/>
			)}
			{now.told && <p class="rw-problem">{now.told}</p>}
			{(desk.isSilent || desk.isUnheard) && (
				<p class="rw-problem" role="status">
					{desk.isUnheard ? words.kernel.busy : words.kernel.silent}
				</p>
			)}
		</div>
	);
}

type ActProps = {
	desk: Desk;
	kind: "run" | "pause" | "go" | "stop" | "retry";
	isMain?: boolean;
};

function Act({ desk, kind, isMain }: ActProps) {
	return (
		<button
			type="button"
			class={isMain ? "rw-button rw-button-main" : "rw-button"}
			onClick={() => desk.ask({ kind })}
		>
			{told.acts[kind]}
		</button>
	);
}

function stopped(now: Progress): number {
	return now.all - now.done - now.failed - now.running - now.queued - now.idle;
}

/** The status in words: what is there, what is not, money and time. */
export function line(now: Progress): string[] {
	const parts = [told.done(now.done, now.all)];
	for (const name of ["failed", "running", "queued", "cached"] as const) {
		if (now[name] > 0) {
			parts.push(told.counts[name](now[name]));
		}
	}
	const money =
		now.cap === null ? usd(now.spent) : told.of(usd(now.spent), usd(now.cap));
	if (now.spent > 0 || now.cap !== null) {
		parts.push(told.spent(money));
	}
	const { estimate } = now;
	if (now.state === "idle" && estimate && estimate.make > 0) {
		parts.push(
			estimate.low < estimate.high
				? told.about(
						usd(estimate.likely),
						usd(estimate.low),
						usd(estimate.high),
					)
				: told.aboutAlone(usd(estimate.likely)),
		);
		if (estimate.unpriced > 0) {
			parts.push(told.unpriced(estimate.unpriced));
		}
	}
	if (now.left !== null) {
		parts.push(told.left(seconds(now.left)));
	} else if (now.elapsed > 0) {
		parts.push(seconds(now.elapsed));
	}
	return parts;
}
