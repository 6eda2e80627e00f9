import { useState } from "preact/hooks";
import { pastWords } from "../core/words";
import { tagsOf } from "../grid/tags";
import { Dialog } from "../view/dialog";
import type { Props } from "./again";
import { size } from "./ranges";
import { Press, Sheet } from "./sheet";

const told = pastWords;
/** Rows that are looked through for their tags. */
const MOST = 1000;

/** Tags to give and to take away. Those that rows on screen have are known; of others, all can be taken away. */
export function Tags({ desk, ranges, onAttempt, onClose }: Props) {
	const [typed, setTyped] = useState("");
	const [removed, setRemoved] = useState<string[]>([]);
	const known = new Set<string>();
	for (const [first, last] of ranges) {
		for (let n = first; n <= Math.min(last, first + MOST); n++) {
			for (const tag of desk.row(n)?.tags ?? []) {
				known.add(tag);
			}
		}
	}

	return (
		<Sheet
			title={told.tagTitle(size(ranges))}
			does={told.keep}
			onSubmit={() =>
				onAttempt(async () => {
					const { changed } = await desk.ask<"rated">({
						kind: "rate",
						add: tagsOf(typed),
						remove: removed,
						...desk.chosen(ranges),
					});
					desk.refresh(ranges);
					return told.rated(changed);
				})
			}
			onClose={onClose}
		>
			<label class="rw-past-field">
				<span>{told.addTags}</span>
				<input
					type="text"
					tabIndex={0}
					value={typed}
					placeholder={told.tagsHint}
					onInput={({ currentTarget }) => setTyped(currentTarget.value)}
				/>
			</label>
			{known.size > 0 && (
				<fieldset class="rw-past-known">
					<legend>{told.removeTags}</legend>
					{[...known].sort().map((tag) => (
						<Press
							key={tag}
							class="rw-past-tag"
							aria-pressed={removed.includes(tag)}
							aria-label={told.removes(tag)}
							onPress={() =>
								setRemoved((now) =>
									now.includes(tag)
										? now.filter((other) => other !== tag)
										: [...now, tag],
								)
							}
						>
							{tag} ×
						</Press>
					))}
				</fieldset>
			)}
		</Sheet>
	);
}

/** A name and a kind of file. The kernel says no to a name that leaves its folder. */
export function Export({ desk, ranges, onAttempt, onClose }: Props) {
	const [name, setName] = useState("history");
	const [ending, setEnding] = useState<string>("csv");
	return (
		<Sheet
			title={told.exportTitle(size(ranges))}
			does={told.write}
			onSubmit={() =>
				onAttempt(async () => {
					const chosen = desk.chosen(ranges);
					const answer = await desk.ask<"exported">({
						kind: "export",
						name,
						ending,
						...chosen,
					});
					return told.exported(answer.name);
				})
			}
			onClose={onClose}
		>
			<label class="rw-past-field">
				<span>{told.fileName}</span>
				<input
					type="text"
					tabIndex={0}
					required
					maxLength={80}
					value={name}
					onInput={({ currentTarget }) => setName(currentTarget.value)}
				/>
			</label>
			<label class="rw-past-field">
				<span>{told.format}</span>
				<select
					value={ending}
					onChange={({ currentTarget }) => setEnding(currentTarget.value)}
				>
					{told.formats.map((one) => (
						<option key={one} value={one}>
							{one}
						</option>
					))}
				</select>
			</label>
			<p class="rw-quiet">{told.exportHint}</p>
		</Sheet>
	);
}

type TextProps = {
	title: string;
	text: string;
	/** Where the server serves it; or "". */
	href?: string;
	onClose(): void;
};

/** Text to take elsewhere: where a file is, or what the browser does not allow to copy otherwise. */
export function Text({ title, text, href, onClose }: TextProps) {
	return (
		<Dialog label={title} isSmall onClose={onClose}>
			<div class="rw-past-sheet">
				<textarea
					class="rw-past-text"
					aria-label={title}
					rows={4}
					readOnly
					tabIndex={0}
					value={text}
					onFocus={({ currentTarget }) => currentTarget.select()}
				/>
				{href?.startsWith("/") && (
					<a href={href} target="_blank" rel="noreferrer">
						{told.openLink}
					</a>
				)}
			</div>
		</Dialog>
	);
}
