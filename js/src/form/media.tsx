import { useRef, useState } from "preact/hooks";
import { formWords } from "../core/words";
import { Tool } from "../view/icons";
import type { ControlProps } from "./controls";
import type { Json } from "./schema";
import { useSheet } from "./sheet";

const told = formWords;
const ACCEPTS: Record<string, string> = {
	image: "image/*",
	video: "video/*",
	audio: "audio/*,video/*",
	"3d": ".glb,.gltf,.obj,.ply,.stl,.fbx",
	dataset: ".zip",
	document: ".pdf,.txt,.md,.docx",
};

/** A place for a file: dropped, chosen, taken from earlier results, or named by its address. */
export function Slot(props: ControlProps) {
	const { id, label, value, onChange, schema } = props;
	const sheet = useSheet();
	const medium = schema["x-medium"] ?? "image";
	const [share, setShare] = useState<number | null>(null);
	const [problem, setProblem] = useState("");
	const [open, setOpen] = useState<"earlier" | "address" | null>(null);
	const [isOver, setOver] = useState(false);
	const picker = useRef<HTMLInputElement>(null);

	async function take(work: Promise<string>): Promise<void> {
		setProblem("");
		try {
			const token = await work;
			setOpen(null);
			onChange(token);
		} catch (error) {
			setProblem((error as Error).message);
		} finally {
			setShare(null);
		}
	}

	function upload(file: File | undefined): void {
		if (file) {
			setShare(0);
			take(sheet.upload(file, medium, setShare));
		}
	}

	if (value !== undefined && value !== "") {
		return (
			<Held
				label={label}
				value={value}
				medium={medium}
				onRemove={() => onChange(undefined)}
			/>
		);
	}
	const what = told.media[medium] ?? medium;
	return (
		<div
			class="rw-slot"
			data-over={isOver}
			aria-invalid={props.isWrong ? "true" : undefined}
			onDragOver={(event) => {
				event.preventDefault();
				event.stopPropagation();
				setOver(true);
			}}
			onDragLeave={() => setOver(false)}
			onDrop={(event) => {
				event.preventDefault();
				event.stopPropagation();
				setOver(false);
				upload(event.dataTransfer?.files[0]);
			}}
		>
			<input
				ref={picker}
				type="file"
				hidden
				accept={ACCEPTS[medium]}
				aria-label={label}
				onChange={({ currentTarget }) => {
					upload(currentTarget.files?.[0]);
					currentTarget.value = "";
				}}
			/>
			<span class="rw-slot-words">
				{share === null ? told.drop(what) : told.uploading(share)}
			</span>
			<span class="rw-slot-ways">
				<button
					id={id}
					type="button"
					class="rw-link"
					aria-describedby={props.describedBy}
					aria-label={`${told.browse}: ${label}`}
					onClick={() => picker.current?.click()}
				>
					{told.browse}
				</button>
				<button
					type="button"
					class="rw-link"
					aria-expanded={open === "earlier"}
					aria-label={`${told.earlier}: ${label}`}
					onClick={() => setOpen(open === "earlier" ? null : "earlier")}
				>
					{told.earlier}
				</button>
				<button
					type="button"
					class="rw-link"
					aria-expanded={open === "address"}
					aria-label={`${told.address}: ${label}`}
					onClick={() => setOpen(open === "address" ? null : "address")}
				>
					{told.address}
				</button>
			</span>
			{open === "earlier" && (
				<Earlier
					medium={medium}
					onPick={(uuid) => take(sheet.use(uuid, medium))}
				/>
			)}
			{open === "address" && (
				<input
					class="rw-input"
					type="text"
					aria-label={`${told.address}: ${label}`}
					placeholder={told.address}
					// Taken when it is whole: a place that holds something looks another way.
					onChange={({ currentTarget: { value } }) =>
						onChange(value.trim() || undefined)
					}
				/>
			)}
			{problem && (
				<span role="alert" class="rw-flaw">
					{problem}
				</span>
			)}
		</div>
	);
}

type HeldProps = {
	label: string;
	value: Json;
	medium: string;
	onRemove(): void;
};

/** What is in a place. */
function Held({ label, value, medium, onRemove }: HeldProps) {
	const sheet = useSheet();
	const known = typeof value === "string" ? sheet.media[value] : undefined;
	const name =
		known?.name ?? (typeof value === "string" ? value : JSON.stringify(value));
	return (
		<div class="rw-held">
			{known?.poster ? (
				<img src={known.poster} alt={`${label}: ${name}`} />
			) : (
				<span class="rw-held-medium">{known?.medium || medium}</span>
			)}
			<span class="rw-held-name" title={name}>
				{name}
			</span>
			<Tool icon="close" label={told.removeMedia(name)} onPress={onRemove} />
		</div>
	);
}

function Earlier({
	medium,
	onPick,
}: {
	medium: string;
	onPick(uuid: string): void;
}) {
	const { history } = useSheet();
	const fitting = history.filter(
		(one) =>
			one.medium === medium || (medium === "image" && one.medium === "vector"),
	);
	if (fitting.length === 0) {
		return <span class="rw-quiet">{told.noEarlier}</span>;
	}
	return (
		<span class="rw-shelf">
			{fitting.map(({ uuid, poster, words, medium }) => (
				<button
					key={uuid}
					type="button"
					title={words}
					aria-label={words}
					onClick={() => onPick(uuid)}
				>
					{poster ? <img src={poster} alt="" /> : <span>{medium}</span>}
				</button>
			))}
		</span>
	);
}
