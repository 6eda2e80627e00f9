import { useState } from "preact/hooks";
import { pastWords } from "../core/words";
import type { Desk } from "./desk";
import type { Sieve } from "./protocol";
import { Press } from "./sheet";

const told = pastWords;

/** Which rows are wanted. Where there is little room, all but the words are folded away, and counted. */
export function Filters({ desk }: { desk: Desk }) {
	const [isOpen, setOpen] = useState(false);
	const { sieve } = desk;
	const { kinds, models, notebooks, tags } = desk.get("choices");
	const { words, ...folded } = sieve;
	const active = Object.values(folded).filter(Boolean).length;
	const id = `rw-past-sieve-${desk.id}`;

	return (
		<search class="rw-past-filters" aria-label={told.filters}>
			<div class="rw-past-find">
				<input
					type="search"
					class="rw-past-search"
					aria-label={told.search}
					placeholder={told.search}
					maxLength={300}
					value={words}
					onInput={({ currentTarget }) =>
						desk.sift({ words: currentTarget.value }, true)
					}
				/>
				<Press
					class="rw-button rw-past-fold"
					aria-expanded={isOpen}
					aria-controls={id}
					data-active={active > 0}
					onPress={() => setOpen(!isOpen)}
				>
					{told.folded(active)}
				</Press>
				{(words || active > 0) && (
					<Press
						aria-label={told.clear}
						title={told.clear}
						onPress={() => desk.sift(plain(sieve))}
					>
						{told.clearShort}
					</Press>
				)}
			</div>
			<div id={id} class="rw-past-sieve" data-open={isOpen}>
				<Choice
					desk={desk}
					name="kind"
					none={told.anyKind}
					options={kinds ?? []}
				/>
				<Choice
					desk={desk}
					name="status"
					none={told.anyStatus}
					options={told.statuses}
				/>
				<Choice
					desk={desk}
					name="money"
					none={told.anyMoney}
					options={told.monies}
				/>
				<Press
					aria-pressed={sieve.starred}
					onPress={() => desk.sift({ starred: !sieve.starred })}
				>
					{sieve.starred ? "★" : "☆"} {told.starred}
				</Press>
				<Typed desk={desk} name="model" known={models ?? []} />
				<Typed desk={desk} name="notebook" known={notebooks ?? []} />
				<Typed desk={desk} name="tag" known={tags ?? []} />
				<Day desk={desk} name="since" />
				<Day desk={desk} name="until" />
			</div>
		</search>
	);
}

type ChoiceProps = {
	desk: Desk;
	name: "kind" | "status" | "money";
	none: string;
	options: readonly string[];
};

function Choice({ desk, name, none, options }: ChoiceProps) {
	return (
		<span class="rw-choice">
			<select
				aria-label={told[name]}
				value={desk.sieve[name]}
				onChange={({ currentTarget }) =>
					desk.sift({ [name]: currentTarget.value })
				}
			>
				<option value="">{none}</option>
				{options.map((value) => (
					<option key={value} value={value}>
						{value}
					</option>
				))}
			</select>
		</span>
	);
}

type TypedProps = {
	desk: Desk;
	name: "model" | "notebook" | "tag";
	known: string[];
};

/** A part of a name, or one of those that there are. A tag is whole. */
function Typed({ desk, name, known }: TypedProps) {
	const list = `rw-past-${name}-${desk.id}`;
	return (
		<>
			<input
				type="search"
				class="rw-past-typed"
				aria-label={told[name]}
				placeholder={told[name]}
				list={list}
				maxLength={300}
				value={desk.sieve[name]}
				onInput={({ currentTarget }) =>
					desk.sift({ [name]: currentTarget.value }, true)
				}
			/>
			<datalist id={list}>
				{[...new Set(known)].map((value) => (
					<option key={value} value={value} />
				))}
			</datalist>
		</>
	);
}

function Day({ desk, name }: { desk: Desk; name: "since" | "until" }) {
	return (
		<label class="rw-choice" title={told.days}>
			<span>{told[name]}</span>
			<input
				type="date"
				value={desk.sieve[name]}
				onChange={({ currentTarget }) =>
					desk.sift({ [name]: currentTarget.value })
				}
			/>
		</label>
	);
}

/** The same without any wish. */
function plain(sieve: Sieve): Partial<Sieve> {
	const names = Object.keys(sieve).filter((name) => name !== "starred");
	return {
		...Object.fromEntries(names.map((name) => [name, ""])),
		starred: false,
	};
}
