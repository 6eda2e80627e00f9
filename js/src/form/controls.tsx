import { useEffect, useRef, useState } from "preact/hooks";
import { formWords } from "../core/words";
import { isObject, type Json, type Schema, same, stepOf } from "./schema";

const told = formWords;
/** Choices up to which all are shown side by side, and the letters they may have together. */
const FEW = 4;
const SHORT = 30;
/** Values of a range up to which it has a slider. */
const SLIDES = 20_000;

export type ControlProps = {
	id: string;
	schema: Schema;
	value: Json | undefined;
	onChange(value: Json | undefined): void;
	/** The name of the field, for those who cannot see it. */
	label: string;
	describedBy?: string | undefined;
	isWrong: boolean;
};

function aria({ label, describedBy, isWrong }: ControlProps) {
	return {
		// The same as its label, where it has one; items of lists have none.
		"aria-label": label,
		"aria-describedby": describedBy,
		"aria-invalid": isWrong ? ("true" as const) : undefined,
	};
}

/** What a default reads like, as the hint of an empty field. */
function hint(schema: Schema): string {
	return schema.default === undefined || isObject(schema.default)
		? ""
		: told.byDefault(String(schema.default));
}

/** One line of text. Empty is not set. */
export function Line(props: ControlProps) {
	const { id, schema, value, onChange } = props;
	return (
		<input
			id={id}
			class="rw-input"
			type="text"
			spellcheck={false}
			autocomplete="off"
			value={value === undefined || value === null ? "" : String(value)}
			placeholder={hint(schema)}
			onInput={({ currentTarget: { value } }) =>
				onChange(value === "" ? undefined : value)
			}
			{...aria(props)}
		/>
	);
}

/** Several lines of text, as tall as they need. */
export function Lines(props: ControlProps & { rows?: number }) {
	const { id, schema, value, onChange, rows = 2 } = props;
	const text = typeof value === "string" ? value : "";
	const most = schema.maxLength;
	return (
		<>
			<textarea
				id={id}
				class="rw-input rw-lines"
				rows={rows}
				style={{ "--rows": rows }}
				value={text}
				placeholder={hint(schema)}
				onInput={({ currentTarget: { value } }) =>
					onChange(value === "" ? undefined : value)
				}
				{...aria(props)}
			/>
			{most !== undefined && text.length > most * 0.8 && (
				<span class="rw-count">
					{text.length} / {most}
				</span>
			)}
		</>
	);
}

/** A number: a box, and a slider where the range is known. */
export function Figure(props: ControlProps) {
	const { id, schema, value, onChange, label } = props;
	if (typeof value === "string") {
		return <Line {...props} />;
	}
	const { minimum: low, maximum: high } = schema;
	const step = stepOf(schema);
	const slides =
		low !== undefined && high !== undefined && (high - low) / step <= SLIDES;
	const number = typeof value === "number" ? value : undefined;
	const take = (text: string) =>
		onChange(
			text === "" || Number.isNaN(Number(text)) ? undefined : Number(text),
		);
	return (
		<div class="rw-figure">
			{slides && (
				<input
					type="range"
					aria-label={label}
					aria-valuetext={number === undefined ? told.notSet : String(number)}
					data-unset={number === undefined}
					min={low}
					max={high}
					step={step}
					value={number ?? numeric(schema.default) ?? low}
					onInput={({ currentTarget: { value } }) => take(value)}
				/>
			)}
			<input
				id={id}
				class="rw-input rw-amount"
				type="number"
				min={low}
				max={high}
				step={schema.multipleOf ?? (schema.type === "integer" ? 1 : "any")}
				value={number ?? ""}
				placeholder={
					schema.default === undefined ? "–" : String(schema.default)
				}
				onInput={({ currentTarget: { value } }) => take(value)}
				{...aria(props)}
			/>
		</div>
	);
}

function numeric(value: Json | undefined): number | undefined {
	return typeof value === "number" ? value : undefined;
}

/** One of several values: side by side if they are few and short, else a list. */
export function Choice(props: ControlProps) {
	const { id, schema, value, onChange } = props;
	const choices = schema.enum ?? [];
	const names = choices.map((choice) =>
		choice === null ? told.none : String(choice),
	);
	if (choices.length <= FEW && names.join("").length <= SHORT) {
		return <Segments {...props} values={choices} names={names} />;
	}
	const index = choices.findIndex((choice) => same(choice, value));
	return (
		<select
			id={id}
			class="rw-input"
			value={String(index)}
			onChange={({ currentTarget: { value } }) =>
				onChange(value === "-1" ? undefined : choices[Number(value)])
			}
			{...aria(props)}
		>
			<option value="-1">
				{value !== undefined && index < 0
					? String(value)
					: schema.default !== undefined
						? hint(schema)
						: told.notSet}
			</option>
			{names.map((name, number) => (
				<option key={name} value={String(number)}>
					{name}
				</option>
			))}
		</select>
	);
}

/** Yes, no, or not set. */
export function Switch(props: ControlProps) {
	return (
		<Segments {...props} values={[true, false]} names={[told.yes, told.no]} />
	);
}

type SegmentsProps = ControlProps & { values: Json[]; names: string[] };

/** Radio buttons in a row. None is pressed while the value is not set. */
function Segments(props: SegmentsProps) {
	const { id, label, schema, value, onChange, values, names } = props;
	return (
		<div
			class="rw-segments"
			role="radiogroup"
			aria-label={label}
			aria-describedby={props.describedBy}
		>
			{values.map((one, index) => (
				<label
					key={names[index]}
					data-default={value === undefined && same(one, schema.default)}
				>
					<input
						type="radio"
						class="rw-unseen"
						id={index === 0 ? id : undefined}
						name={id}
						checked={same(one, value)}
						onChange={() => onChange(one)}
					/>
					<span>{names[index]}</span>
				</label>
			))}
		</div>
	);
}

/** Anything, as JSON: taken once it can be read. */
export function Raw(props: ControlProps & { rows?: number }) {
	const { id, value, onChange, rows = 2 } = props;
	const [text, setText] = useState(() => written(value));
	const mine = useRef(value);
	const [isOdd, setOdd] = useState(false);

	// Told anew from outside, the text gives way.
	useEffect(() => {
		if (!same(value, mine.current)) {
			mine.current = value;
			setText(written(value));
			setOdd(false);
		}
	}, [value]);

	function take(next: string): void {
		setText(next);
		try {
			const read = next.trim() === "" ? undefined : (JSON.parse(next) as Json);
			mine.current = read;
			setOdd(false);
			onChange(read);
		} catch {
			// `{{ name }}` of a cell stands for a value.
			const isTemplate = /^\s*\{\{.*\}\}\s*$/.test(next);
			setOdd(!isTemplate);
			if (isTemplate) {
				mine.current = next;
				onChange(next);
			}
		}
	}

	return (
		<>
			<textarea
				{...aria(props)}
				id={id}
				class="rw-input rw-lines rw-code"
				rows={rows}
				style={{ "--rows": rows }}
				spellcheck={false}
				value={text}
				placeholder={told.json}
				aria-invalid={isOdd || props.isWrong ? "true" : undefined}
				onInput={({ currentTarget: { value } }) => take(value)}
			/>
			{isOdd && <span class="rw-count">{told.badJson}</span>}
		</>
	);
}

function written(value: Json | undefined): string {
	return value === undefined
		? ""
		: typeof value === "string" && value.includes("{{")
			? value
			: JSON.stringify(value, null, 1);
}
