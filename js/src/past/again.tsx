import { useEffect, useState } from "preact/hooks";
import { pastWords, usd } from "../core/words";
import type { Desk } from "./desk";
import type { Made, Offer, Range } from "./protocol";
import { size } from "./ranges";
import { Sheet } from "./sheet";

const told = pastWords;

export type Props = {
	desk: Desk;
	ranges: Range[];
	/** Do something that may fail, and tell what came of it. */
	onAttempt(work: () => Promise<string>, meanwhile?: string): void;
	onClose(): void;
};

/** The price of running rows again, and whether to. Nothing is sent before the button is pressed. */
export function Again({ desk, ranges, onAttempt, onClose }: Props) {
	const [isFresh, setFresh] = useState(false);
	const [offer, setOffer] = useState<Offer | null>(null);
	const [problem, setProblem] = useState("");

	useEffect(() => {
		let isLate = false;
		setOffer(null);
		setProblem("");
		desk
			.ask<"offered">({
				kind: "offer",
				fresh: isFresh,
				...desk.chosen(ranges),
			})
			.then((answer) => isLate || setOffer(answer))
			.catch((error: Error) => isLate || setProblem(error.message));
		return () => {
			isLate = true;
		};
	}, [isFresh]);

	async function run(number: number): Promise<string> {
		return outcome(await desk.ask<"made">({ kind: "again", number }));
	}

	return (
		<Sheet
			title={told.againTitle(size(ranges))}
			does={
				offer && offer.unpriced > 0
					? told.runUnknown
					: told.run(offer ? usd(offer.likely) : "…")
			}
			isOff={!offer}
			onSubmit={() => offer && onAttempt(() => run(offer.number), told.running)}
			onClose={onClose}
		>
			<p role="status">{problem || (offer ? price(offer) : told.pricing)}</p>
			{offer?.sandbox && <span class="rw-badge">{told.onSandbox}</span>}
			<label class="rw-past-check">
				<input
					type="checkbox"
					checked={isFresh}
					onChange={({ currentTarget }) => setFresh(currentTarget.checked)}
				/>
				{told.fresh}
			</label>
		</Sheet>
	);
}

function price({ make, here, low, likely, high, unpriced }: Offer): string {
	if (make === 0) {
		return told.free;
	}
	const parts = [told.price(usd(likely))];
	if (low < high) {
		parts.push(told.between(usd(low), usd(high)));
	}
	parts.push(told.toMake(make));
	if (here > 0) {
		parts.push(told.here(here));
	}
	if (unpriced > 0) {
		parts.push(told.unknown(unpriced));
	}
	return parts.join(" · ");
}

function outcome({ made, cached, spent, sandbox, problem }: Made): string {
	const cost = sandbox && spent > 0 ? told.pretended(usd(spent)) : usd(spent);
	const parts = [told.made(made, cost)];
	if (cached > 0) {
		parts.push(told.cached(cached));
	}
	return [parts.join(" · "), problem].filter(Boolean).join(". ");
}
