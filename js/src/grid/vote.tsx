import { useEffect, useRef } from "preact/hooks";
import { gridWords } from "../core/words";
import { Compare } from "../view/compare";
import { Dialog } from "../view/dialog";
import type { Supply } from "../view/stage";
import type { Desk } from "./desk";

const told = gridWords.votes;
const WINNERS = ["left", "right", "tie", "bad"] as const;

type Props = { desk: Desk; supply: Supply; onClose(): void };

/** Pairs to judge, one after another, without a word of who made them. The ranking stays hidden meanwhile. */
export function Vote({ desk, supply, onClose }: Props) {
	const { duel } = desk;
	const { done, of } = desk.get("votes");
	const since = useRef(0);

	useEffect(() => desk.asksForPair({ kind: "pair" }), []);

	useEffect(() => {
		since.current = performance.now();
	}, [duel]);

	function vote(winner: (typeof WINNERS)[number]): void {
		const now = desk.duel; // what is drawn may be a key behind
		if (now) {
			const { left, right } = now;
			const ms = Math.round(performance.now() - since.current);
			desk.asksForPair({ kind: "vote", left, right, winner, ms });
		}
	}

	function press(event: KeyboardEvent): void {
		const winner = WINNERS[Number(event.key) - 1];
		if (winner) {
			vote(winner);
		} else if (event.key === "z") {
			desk.asksForPair({ kind: "undo" });
		}
	}

	return (
		<Dialog label={told.title} onClose={onClose}>
			<div class="rw-vote" onKeyDown={press}>
				{duel?.prompt && <p class="rw-vote-prompt">{duel.prompt}</p>}
				{duel && (
					<Compare
						key={`${duel.left} ${duel.right}`}
						a={duel.sources[0]}
						b={duel.sources[1]}
						supply={supply}
						start="side"
						blind
						inline
						onClose={onClose}
					/>
				)}
				{duel === null && <p>{told.over}</p>}
				<div class="rw-bar" role="toolbar" aria-label={told.title}>
					{WINNERS.map((winner, n) => (
						<button
							key={winner}
							type="button"
							class="rw-button"
							// The first has the focus when the dialog opens, so that the keys are heard at once.
							tabIndex={0}
							aria-disabled={!duel}
							onClick={() => vote(winner)}
						>
							{told.winners[winner]} <kbd>{n + 1}</kbd>
						</button>
					))}
					<button
						type="button"
						class="rw-button"
						onClick={() => desk.asksForPair({ kind: "undo" })}
					>
						{told.undo} <kbd>z</kbd>
					</button>
					<span class="rw-bar-gap" />
					<p role="status">{told.progress(done, of)}</p>
				</div>
			</div>
		</Dialog>
	);
}
