import { formWords } from "../core/words";
import { Tool } from "../view/icons";
import { Figure, Lines } from "./controls";
import { Control, Field, type FieldProps, Frame } from "./field";
import { icons } from "./icons";
import { Slot } from "./media";
import {
	isObject,
	type Json,
	type JsonObject,
	labelOf,
	nullable,
	resolved,
	type Schema,
} from "./schema";
import { idOf, useSheet } from "./sheet";
import { thrown } from "./values";

const told = formWords;
const RATIOS: [number, number][] = [
	[1, 1],
	[4, 3],
	[3, 4],
	[16, 9],
	[9, 16],
	[3, 2],
	[2, 3],
	[21, 9],
];

/** The words that say what to make. */
export function Prompt(props: FieldProps) {
	const { path, schema, value, onChange, isRequired } = props;
	const isFirst = path === "positivePrompt" || path === "speech.text";
	return (
		<Frame
			path={path}
			label={labelOf(path)}
			isRequired={isRequired}
			isGroup={false}
		>
			{(control) => (
				<Lines
					{...control}
					rows={isFirst ? 3 : 2}
					schema={schema}
					value={value}
					onChange={onChange}
				/>
			)}
		</Frame>
	);
}

type SizeProps = {
	task: JsonObject;
	onSet(path: string, value: Json | undefined): void;
	isRequired: boolean;
};

/** Width and height together: from a list where only some pairs are allowed, else by shape and by pixels. */
export function Size({ task, onSet, isRequired }: SizeProps) {
	const { root } = useSheet();
	const { width, height } = task;
	const pairs = root["x-size-pairs"];
	const set = (w: Json | undefined, h: Json | undefined) => {
		onSet("width", w);
		onSet("height", h);
	};
	return (
		<Frame path="width" label={told.size} isRequired={isRequired} isGroup>
			{({ id, isWrong, describedBy }) =>
				pairs ? (
					<select
						id={id}
						class="rw-input"
						aria-label={told.size}
						aria-describedby={describedBy}
						value={`${width}x${height}`}
						onChange={({ currentTarget: { value } }) => {
							const pair = pairs.find(([w, h]) => `${w}x${h}` === value);
							set(pair?.[0], pair?.[1]);
						}}
					>
						{!pairs.some(([w, h]) => w === width && h === height) && (
							<option value={`${width}x${height}`}>
								{width === undefined ? told.notSet : `${width} × ${height}`}
							</option>
						)}
						{pairs.map(([w, h]) => (
							<option key={`${w}x${h}`} value={`${w}x${h}`}>
								{w} × {h} · {shape(w, h)}
							</option>
						))}
					</select>
				) : (
					<div class="rw-size">
						{(["width", "height"] as const).map((side) => (
							<input
								key={side}
								id={side === "width" ? id : `${id}-${side}`}
								class="rw-input rw-amount"
								// An expression of a cell is no number.
								{...(typeof task[side] === "string"
									? { inputMode: "text" as const }
									: { type: "number" as const })}
								aria-label={told[side]}
								aria-describedby={describedBy}
								aria-invalid={isWrong ? "true" : undefined}
								min={root.properties?.[side]?.minimum}
								max={root.properties?.[side]?.maximum}
								step={root.properties?.[side]?.multipleOf ?? 1}
								value={String(task[side] ?? "")}
								placeholder={told[side]}
								onInput={({ currentTarget: { value } }) =>
									onSet(side, number(value))
								}
							/>
						))}
						<Tool
							icon="swap"
							label={told.swap}
							onPress={() => set(height, width)}
						/>
						<select
							class="rw-input"
							aria-label={told.ratio}
							value={shape(width, height)}
							onChange={({ currentTarget: { value } }) => {
								const ratio = RATIOS.find(([w, h]) => `${w}:${h}` === value);
								if (ratio) {
									const [w, h] = shaped(ratio, task, root);
									set(w, h);
								}
							}}
						>
							{[
								...(RATIOS.some(
									([w, h]) => `${w}:${h}` === shape(width, height),
								)
									? []
									: [[shape(width, height), told.free] as const]),
								...RATIOS.map(([w, h]) => [`${w}:${h}`, `${w}:${h}`] as const),
							].map(([value, name]) => (
								<option key={value} value={value}>
									{name}
								</option>
							))}
						</select>
					</div>
				)
			}
		</Frame>
	);
}

function number(text: string): Json | undefined {
	return text === ""
		? undefined
		: Number.isNaN(Number(text))
			? text
			: Number(text);
}

/** The shape of a size: the named ratio that is within 2 percent, else the width over the height. */
export function shape(width: unknown, height: unknown): string {
	const [w, h] = [Number(width), Number(height)];
	if (!(w > 0 && h > 0)) {
		return "";
	}
	const near = RATIOS.find(([a, b]) => Math.abs(w / h / (a / b) - 1) < 0.02);
	return near ? `${near[0]}:${near[1]}` : `${(w / h).toFixed(2)}:1`;
}

/** A size of about as many pixels as before in another shape, as the schema allows it. */
export function shaped(
	[a, b]: [number, number],
	task: JsonObject,
	root: Schema,
): [number, number] {
	const pixels =
		(Number(task.width) || 1024) * (Number(task.height) || 1024) || 1024 ** 2;
	const wide = Math.sqrt((pixels * a) / b);
	const side = (name: "width" | "height", value: number) => {
		const spec = root.properties?.[name] ?? {};
		const step = spec.multipleOf ?? 16;
		const near = Math.round(value / step) * step;
		return Math.min(Math.max(near, spec.minimum ?? step), spec.maximum ?? near);
	};
	return [side("width", wide), side("height", (wide * b) / a)];
}

type SeedProps = FieldProps & { isLocked: boolean; onLock(is: boolean): void };

/** A seed, a die to throw another, and a lock that keeps it from run to run. */
export function Seed(props: SeedProps) {
	const { path, value, onChange, isRequired, isLocked, onLock } = props;
	const { root } = useSheet();
	const { schema } = nullable(resolved(props.schema, root, value));
	return (
		<Frame
			path={path}
			label={labelOf(path)}
			isRequired={isRequired}
			isGroup={false}
			onUnset={value === undefined ? undefined : () => onChange(undefined)}
		>
			{(control) => (
				<div class="rw-seed">
					<Figure
						{...control}
						// A slider over so many values would be of no use.
						schema={{ type: "integer" }}
						value={value}
						onChange={onChange}
					/>
					<Tool
						icon={icons.dice}
						label={told.dice}
						onPress={() => onChange(thrown(schema))}
					/>
					<Tool
						icon={isLocked ? icons.lock : icons.open}
						label={isLocked ? told.locked : told.unlocked}
						pressed={isLocked}
						onPress={() => onLock(!isLocked)}
					/>
				</div>
			)}
		</Frame>
	);
}

/** The first and the last frame of a video, each in its place. Frames told in other ways stay JSON. */
export function Frames(props: FieldProps) {
	const { path, schema, value, onChange, isRequired } = props;
	const sheet = useSheet();
	const here = Array.isArray(value) ? value : [];
	const isPlain = here.every(
		(one) => isObject(one) && (one.frame === "first" || one.frame === "last"),
	);
	if (!isPlain) {
		return <Field {...props} schema={{}} />;
	}
	const names = schema.maxItems === 1 ? ["first"] : ["first", "last"];
	const of = (frame: string) =>
		here.find((one): one is JsonObject => isObject(one) && one.frame === frame);
	return (
		<Frame path={path} label={labelOf(path)} isRequired={isRequired} isGroup>
			{({ isWrong, describedBy }) => (
				<div class="rw-frames">
					{names.map((frame) => {
						const label = frame === "first" ? told.first : told.last;
						return (
							<div key={frame} class="rw-field">
								<span class="rw-sub">{label}</span>
								<Slot
									id={idOf(sheet, `${path}.${frame}`)}
									schema={{ "x-medium": "image" }}
									label={label}
									value={of(frame)?.image}
									isWrong={isWrong}
									describedBy={describedBy}
									onChange={(image) => {
										const rest = here.filter((one) => one !== of(frame));
										const next =
											image === undefined ? rest : [...rest, { image, frame }];
										next.sort((a, b) => rank(a) - rank(b));
										onChange(next.length > 0 ? next : undefined);
									}}
								/>
							</div>
						);
					})}
				</div>
			)}
		</Frame>
	);
}

function rank(frame: Json): number {
	return isObject(frame) && frame.frame === "first" ? 0 : 1;
}

/** A conversation: who says what. */
export function Messages(props: FieldProps) {
	const { path, schema, value, onChange, isRequired } = props;
	const here = Array.isArray(value) ? value : [];
	const isPlain = here.every(
		(one) => isObject(one) && typeof one.content === "string",
	);
	if (!isPlain) {
		return <Field {...props} schema={{}} />;
	}
	const roles = schema.items?.properties?.role?.enum ?? ["user", "assistant"];
	const change = (index: number, part: JsonObject) =>
		onChange(
			here.map((one, n) =>
				n === index ? { ...(one as JsonObject), ...part } : one,
			),
		);
	return (
		<Frame path={path} label={labelOf(path)} isRequired={isRequired} isGroup>
			{({ id, label, describedBy, isWrong }) => (
				<div class="rw-list">
					{(here as JsonObject[]).map((message, index) => (
						<div
							class="rw-item rw-message"
							key={index}
							data-role={message.role}
						>
							<select
								class="rw-input"
								aria-label={`${told.say} ${index + 1}`}
								value={String(message.role)}
								onChange={({ currentTarget: { value } }) =>
									change(index, { role: value })
								}
							>
								{roles.map((role) => (
									<option key={String(role)}>{String(role)}</option>
								))}
							</select>
							<div class="rw-item-body">
								<Control
									id={index === 0 ? id : `${id}-${index}`}
									path={`${path}.${index}.content`}
									label={`${label} ${index + 1}`}
									describedBy={describedBy}
									isWrong={isWrong}
									schema={{ type: "string", "x-long": true }}
									value={message.content}
									onChange={(content) =>
										change(index, { content: content ?? "" })
									}
								/>
							</div>
							{here.length > 1 && (
								<Tool
									icon={icons.trash}
									label={told.remove(label, index + 1)}
									onPress={() => onChange(here.filter((_, n) => n !== index))}
								/>
							)}
						</div>
					))}
					<button
						type="button"
						class="rw-play-button rw-add"
						onClick={() => {
							const last = here.at(-1);
							const role =
								isObject(last) && last.role === "user" ? "assistant" : "user";
							onChange([...here, { role, content: "" }]);
						}}
					>
						{told.add(label)}
					</button>
				</div>
			)}
		</Frame>
	);
}
