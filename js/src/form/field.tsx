import { formWords } from "../core/words";
import { Tool } from "../view/icons";
import {
	Choice,
	type ControlProps,
	Figure,
	Line,
	Lines,
	Raw,
	Switch,
} from "./controls";
import { icons } from "./icons";
import { Slot } from "./media";
import {
	beginning,
	chosen,
	discriminator,
	isObject,
	type Json,
	type JsonObject,
	kindOf,
	labelOf,
	nullable,
	options,
	resolved,
	type Schema,
} from "./schema";
import { idOf, type Sheet, useSheet } from "./sheet";

const told = formWords;
/** Letters from which a text has several lines. */
const LONG = 200;

export type FieldProps = {
	path: string;
	schema: Schema;
	value: Json | undefined;
	onChange(value: Json | undefined): void;
	isRequired: boolean;
	label?: string;
};

/** A named control, with what is wrong with it and a way to unset it. */
export function Field(props: FieldProps) {
	const { path, value, onChange, isRequired } = props;
	const sheet = useSheet();
	const { schema, isNullable } = nullable(
		resolved(props.schema, sheet.root, value),
	);
	const kind = kindOf(schema);
	const label = props.label ?? schema.title ?? labelOf(path);
	const isGroup = kind === "object" || kind === "list" || kind === "options";
	const canUnset =
		value !== undefined && !isRequired && kind !== "media" && kind !== "const";
	return (
		<Frame
			path={path}
			label={label}
			isRequired={isRequired}
			isGroup={isGroup || kind === "boolean" || kind === "choice"}
			help={schema.description}
			onUnset={canUnset ? () => onChange(undefined) : undefined}
		>
			{(control) => (
				<>
					<Control {...control} {...{ schema, value, onChange, path }} />
					{isNullable && (
						<label class="rw-null">
							<input
								type="checkbox"
								checked={value === null}
								onChange={({ currentTarget: { checked } }) =>
									onChange(checked ? null : undefined)
								}
							/>
							{told.none}
						</label>
					)}
				</>
			)}
		</Frame>
	);
}

type FrameProps = {
	path: string;
	label: string;
	isRequired: boolean;
	/** Whether it holds several controls, so that its name is not the label of one. */
	isGroup: boolean;
	help?: string | undefined;
	onUnset?: (() => void) | undefined;
	children(
		control: Pick<ControlProps, "id" | "label" | "describedBy" | "isWrong">,
	): preact.ComponentChildren;
};

/** What stands around every control: its name above, what is wrong with it below. */
export function Frame(props: FrameProps) {
	const { path, label, isRequired, isGroup, help, onUnset, children } = props;
	const sheet = useSheet();
	const id = idOf(sheet, path);
	const flaws = sheet.flaws.get(path) ?? [];
	const varied = sheet.varied[path];
	const name = (
		<>
			{label}
			{isRequired && (
				<span class="rw-required" title={told.required} aria-hidden="true">
					*
				</span>
			)}
		</>
	);
	return (
		<div
			class="rw-field"
			data-path={path}
			data-wrong={flaws.length > 0}
			role={isGroup ? "group" : undefined}
			aria-label={isGroup ? label : undefined}
		>
			<div class="rw-name">
				{isGroup ? <span>{name}</span> : <label for={id}>{name}</label>}
				{onUnset && !varied && (
					<button
						type="button"
						class="rw-link rw-unset"
						aria-label={told.unsetName(label)}
						onClick={onUnset}
					>
						{told.unset}
					</button>
				)}
			</div>
			{varied ? (
				<p class="rw-varied">{told.varied(varied.join(" · "))}</p>
			) : (
				children({
					id,
					label,
					describedBy: flaws.length > 0 ? `${id}-flaw` : undefined,
					isWrong: flaws.length > 0,
				})
			)}
			{help && <p class="rw-help">{help}</p>}
			{flaws.length > 0 && (
				<p class="rw-flaw" id={`${id}-flaw`}>
					{flaws.join("; ")}
				</p>
			)}
		</div>
	);
}

/** The control that a schema asks for. */
export function Control(props: ControlProps & { path: string }) {
	const { schema } = props;
	switch (kindOf(schema)) {
		case "media":
			return <Slot {...props} />;
		case "const":
			return <output class="rw-const">{String(schema.const)}</output>;
		case "choice":
			return isTemplate(props.value) ? (
				<Line {...props} />
			) : (
				<Choice {...props} />
			);
		case "boolean":
			return isTemplate(props.value) ? (
				<Line {...props} />
			) : (
				<Switch {...props} />
			);
		case "integer":
		case "number":
			return <Figure {...props} />;
		case "string":
			return schema["x-long"] || (schema.maxLength ?? 0) > LONG ? (
				<Lines {...props} />
			) : (
				<Line {...props} />
			);
		case "list":
			return Array.isArray(props.value) || props.value === undefined ? (
				<List {...props} />
			) : (
				<Raw {...props} />
			);
		case "object":
			return isObject(props.value) || props.value === undefined ? (
				<Objects {...props} />
			) : (
				<Raw {...props} />
			);
		case "options":
			return <Options {...props} />;
		default:
			return <Raw {...props} />;
	}
}

/** Whether it is an expression of a cell, which stands for a value. */
function isTemplate(value: Json | undefined): boolean {
	return typeof value === "string" && value.includes("{{");
}

/** The fields of an object; what it has besides as JSON. */
function Objects(props: ControlProps & { path: string; without?: string[] }) {
	const { schema, value, onChange, path, without = [] } = props;
	const here = isObject(value) ? value : {};
	const known = schema.properties ?? {};
	const others = Object.fromEntries(
		Object.entries(here).filter(([name]) => !(name in known)),
	);
	const change = (next: JsonObject) =>
		onChange(Object.keys(next).length > 0 ? next : undefined);
	return (
		<div class="rw-object">
			{Object.entries(known)
				.filter(([name]) => !without.includes(`${path}.${name}`))
				.map(([name, spec]) => (
					<Field
						key={name}
						path={`${path}.${name}`}
						schema={spec}
						value={here[name]}
						isRequired={schema.required?.includes(name) ?? false}
						onChange={(inner) => {
							const { [name]: _, ...rest } = here;
							change(
								inner === undefined
									? rest
									: name in here
										? { ...here, [name]: inner }
										: { ...rest, [name]: inner },
							);
						}}
					/>
				))}
			{schema.additionalProperties !== false && (
				<Others
					path={`${path}.*`}
					value={others}
					onChange={(more) => {
						const kept = Object.fromEntries(
							Object.entries(here).filter(([name]) => name in known),
						);
						change({ ...kept, ...more });
					}}
				/>
			)}
		</div>
	);
}

type OthersProps = {
	path: string;
	value: JsonObject;
	onChange(value: JsonObject): void;
};

/** What a schema does not know, folded away. */
export function Others({ path, value, onChange }: OthersProps) {
	const sheet = useSheet();
	const isSet = Object.keys(value).length > 0;
	return (
		<details class="rw-others" open={isSet}>
			<summary>{told.more}</summary>
			<Raw
				id={idOf(sheet, path)}
				label={told.more}
				schema={{}}
				value={isSet ? value : undefined}
				isWrong={false}
				onChange={(next) => {
					if (next === undefined || isObject(next)) {
						onChange(next ?? {});
					}
				}}
			/>
		</details>
	);
}

/** The items of a list, one below the other. */
function List(props: ControlProps & { path: string }) {
	const { schema, value, onChange, path, label } = props;
	const sheet = useSheet();
	const here = Array.isArray(value) ? value : [];
	const items = nullable(
		resolved(schema.items ?? {}, sheet.root, here[0]),
	).schema;
	const isMedia = kindOf(items) === "media";
	const most = schema.maxItems ?? Number.POSITIVE_INFINITY;
	const set = (next: (Json | undefined)[]) => {
		const left = next.filter((one): one is Json => one !== undefined);
		onChange(left.length > 0 ? left : undefined);
	};
	const change = (index: number, item: Json | undefined) =>
		set(
			item === undefined && !isMedia
				? here.map((one, n) => (n === index ? emptied(items) : one))
				: here.map((one, n) => (n === index ? item : one)),
		);
	return (
		<div class="rw-list">
			{here.map((item, index) => (
				<div class="rw-item" key={index}>
					<div class="rw-item-body">
						<Control
							{...props}
							id={`${idOf(sheet, path)}-${index}`}
							path={`${path}.${index}`}
							label={`${label} ${index + 1}`}
							describedBy={undefined}
							schema={
								nullable(resolved(schema.items ?? {}, sheet.root, item)).schema
							}
							value={item}
							onChange={(next) => change(index, next)}
						/>
					</div>
					{!isMedia && (
						<Tool
							icon={icons.trash}
							label={told.remove(label, index + 1)}
							onPress={() => set(here.filter((_, n) => n !== index))}
						/>
					)}
				</div>
			))}
			{here.length < most &&
				(isMedia ? (
					<Slot
						{...props}
						key={here.length}
						schema={items}
						value={undefined}
						onChange={(next) => set([...here, next])}
					/>
				) : (
					<button
						type="button"
						id={props.id}
						class="rw-play-button rw-add"
						onClick={() => set([...here, emptied(items)])}
					>
						{told.add(label)}
					</button>
				))}
		</div>
	);
}

/** What a new item of a list begins with. */
function emptied(items: Schema): Json {
	return beginning(items) ?? "";
}

/** Alternatives: which one, and then its own control. */
function Options(props: ControlProps & { path: string }) {
	const { id, label, schema, value, onChange, path } = props;
	const sheet = useSheet();
	const several = options(schema);
	const index = chosen(several, sheet.root, schema, value);
	const one = several[index];
	return (
		<div class="rw-options">
			<select
				id={id}
				class="rw-input"
				aria-label={`${label}: ${told.choose}`}
				value={String(index)}
				onChange={({ currentTarget: { value } }) => {
					const next = several[Number(value)];
					onChange(next && beginning(resolved(next, sheet.root, undefined)));
				}}
			>
				<option value="-1">{told.notSet}</option>
				{several.map((option, number) => (
					<option
						key={named(option, schema, sheet, number)}
						value={String(number)}
					>
						{named(option, schema, sheet, number)}
					</option>
				))}
			</select>
			{one && (
				<Inner
					{...props}
					path={path}
					schema={one}
					value={value}
					onChange={onChange}
				/>
			)}
		</div>
	);
}

/** The control of the alternative that is chosen; nothing where choosing says all. */
function Inner(props: ControlProps & { path: string }) {
	const sheet = useSheet();
	const schema = resolved(props.schema, sheet.root, props.value);
	const kind = kindOf(schema);
	if (kind === "const") {
		return null;
	}
	return <Control {...props} id={`${props.id}-inner`} schema={schema} />;
}

function named(
	option: Schema,
	schema: Schema,
	sheet: Sheet,
	number: number,
): string {
	const one = resolved(option, sheet.root, undefined);
	const each = options(schema).map((o) => resolved(o, sheet.root, undefined));
	const name = discriminator(each, schema);
	const told =
		option.title ?? one.title ?? one.const ?? one.properties?.[name]?.const;
	return told === undefined
		? `${one.type ?? "option"} ${number + 1}`
		: String(told);
}
