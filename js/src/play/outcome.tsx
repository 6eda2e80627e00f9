import { playWords, seconds, usd } from "../core/words";
import { Gallery } from "../view/gallery";
import type { Supply } from "../view/stage";
import type { Traits } from "./protocol";
import type { Table } from "./table";

const told = playWords;

type Props = { table: Table; supply: Supply; keys: string };

/** What was made, or is being made. */
export function Outcome({ table, supply, keys }: Props) {
	const state = table.get("state");
	const sources = table.get("sources");
	const isRunning = state.phase === "running";
	const isEmpty = sources.length === 0;
	return (
		<section class="rw-outcome" aria-label={told.result} aria-busy={isRunning}>
			<p role="status" class="rw-outcome-status">
				<span>{status(state)}</span>
				{state.cached && !isRunning && (
					<span class="rw-play-badge">{told.cached}</span>
				)}
				{state.sandbox && <span class="rw-play-badge">{told.sandbox}</span>}
			</p>
			{isRunning && (
				<progress
					aria-label={told.running("")}
					max={100}
					{...(state.percent >= 0 ? { value: state.percent } : {})}
				/>
			)}
			{state.told && (
				<p class="rw-problem" role="alert">
					{state.told}
				</p>
			)}
			{state.partial && <p class="rw-text rw-partial">{state.partial}</p>}
			{isEmpty && !state.partial && (
				<div class="rw-empty" data-running={isRunning}>
					{!isRunning && (
						<>
							<b>{told.empty}</b>
							<span>{told.emptyHint(keys)}</span>
						</>
					)}
				</div>
			)}
			{!isEmpty && !state.partial && (
				<div class="rw-made" data-old={isRunning}>
					<Gallery key={sources[0]?.key} sources={sources} supply={supply} />
				</div>
			)}
		</section>
	);
}

/** How far it is, in words. */
export function status(state: Traits["state"]): string {
	const { phase, made, asked, elapsed, cost, cached, saved } = state;
	const time = seconds(elapsed);
	switch (phase) {
		case "running":
			return asked > 1 ? told.runningOf(made, asked, time) : told.running(time);
		case "failed":
			return made > 0 ? "" : told.failed;
		case "done":
		case "stopped":
			if (made === 0) {
				return "";
			}
			return cached
				? told.cachedTold(usd(saved))
				: told.done(made, cost === null ? told.costUnknown : usd(cost), time);
		default:
			return "";
	}
}

/** The newest results of the ledger: each can be had again, with its settings. */
export function History({ table }: { table: Table }) {
	const history = table.get("history");
	if (history.length === 0) {
		return null;
	}
	return (
		<nav class="rw-history" aria-label={told.history}>
			<span class="rw-quiet">{told.history}</span>
			<span class="rw-shelf">
				{history.map(({ uuid, poster, medium, words, model, cost }) => (
					<button
						key={uuid}
						type="button"
						title={`${words}\n${model} · ${cost}`}
						aria-label={told.recall(words)}
						onClick={() => table.ask({ kind: "recall", uuid })}
					>
						{poster ? <img src={poster} alt="" /> : <span>{medium}</span>}
					</button>
				))}
			</span>
		</nav>
	);
}
