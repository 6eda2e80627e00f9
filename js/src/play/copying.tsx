import { useState } from "preact/hooks";
import { playWords } from "../core/words";
import { Dialog } from "../view/dialog";
import type { Code } from "./protocol";
import type { Table } from "./table";

const told = playWords;
const CODES: Code[] = ["cell", "python", "json", "grid"];

/** Ways to take the task elsewhere. Where the browser does not allow copying, the text is shown. */
export function Copying({ table }: { table: Table }) {
	const [status, setStatus] = useState("");
	const [shown, setShown] = useState<{ what: Code; text: string } | null>(null);

	async function copy(what: Code): Promise<void> {
		try {
			setStatus("");
			const text = await table.code(what);
			try {
				await navigator.clipboard.writeText(text);
				setStatus(told.copied(told.codes[what]));
			} catch {
				setShown({ what, text });
			}
		} catch (error) {
			setStatus((error as Error).message);
		}
	}

	return (
		<div class="rw-copying">
			<span class="rw-quiet">{told.copy}</span>
			{CODES.map((what) => (
				<button
					key={what}
					type="button"
					class="rw-link"
					title={told.codesTold[what]}
					aria-label={told.codesTold[what]}
					onClick={() => copy(what)}
				>
					{told.codes[what]}
				</button>
			))}
			<button
				type="button"
				class="rw-link rw-freeze"
				title={told.freezeTold}
				onClick={() => table.ask({ kind: "freeze" })}
			>
				{told.freeze}
			</button>
			<output class="rw-quiet">{status}</output>
			{shown && (
				<Dialog label={told.copyHere} onClose={() => setShown(null)}>
					<textarea
						class="rw-input rw-lines rw-code"
						aria-label={told.codesTold[shown.what]}
						rows={12}
						readOnly
						value={shown.text}
						onFocus={({ currentTarget }) => currentTarget.select()}
					/>
				</Dialog>
			)}
		</div>
	);
}
