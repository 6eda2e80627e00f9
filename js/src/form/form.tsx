import { useMemo } from "preact/hooks";
import type { FieldSpec, Group } from "../play/protocol";
import { Field, type FieldProps, Others } from "./field";
import { isObject, type Json, type JsonObject, type Schema } from "./schema";
import { useSheet } from "./sheet";
import { Frames, Messages, Prompt, Seed, Size } from "./special";
import { at } from "./values";

export type FormProps = {
	/** What the form is of: the model. */
	name: string;
	groups: Group[];
	task: JsonObject;
	onSet(path: string, value: Json | undefined): void;
	isLocked: boolean;
	onLock(is: boolean): void;
};

/** Names of a task that are no fields: they follow from the model. */
const FIXED = ["taskType", "taskUUID", "model", "includeCost"];

/** The whole form: essentials first, the rest folded in groups. */
export function Form(props: FormProps) {
	const { groups, task, onSet } = props;
	const { root, flaws } = useSheet();
	const alone = useMemo(
		() => groups.flatMap(({ fields }) => fields.map(({ path }) => path)),
		[groups],
	);
	const known = { ...root.properties };
	const others = Object.fromEntries(
		Object.entries(task).filter(
			([name]) => !(name in known) && !FIXED.includes(name),
		),
	);
	const isOpen = root.additionalProperties !== false;
	return (
		<>
			{groups.map((group) => {
				const fields = group.fields.map((field) => (
					<One key={field.path} {...props} field={field} alone={alone} />
				));
				if (group.title === "") {
					return (
						<div class="rw-fields" key="">
							{fields}
						</div>
					);
				}
				const set = group.fields.filter(({ path }) =>
					isSet(task, path, alone),
				).length;
				const isWrong = group.fields.some(({ path }) => flaws.has(path));
				return (
					<details
						class="rw-form-group"
						key={group.title}
						open={isWrong || group.open}
					>
						<summary>
							{group.title}
							<span class="rw-form-group-count" data-set={set > 0}>
								{set > 0
									? `${set} of ${group.fields.length} set`
									: group.fields.length}
							</span>
						</summary>
						<div class="rw-fields">{fields}</div>
					</details>
				);
			})}
			{(isOpen || Object.keys(others).length > 0) && (
				<Others
					path="*"
					value={others}
					onChange={(next) => {
						for (const name of new Set([
							...Object.keys(others),
							...Object.keys(next),
						])) {
							onSet(name, next[name]);
						}
					}}
				/>
			)}
		</>
	);
}

type OneProps = FormProps & { field: FieldSpec; alone: string[] };

/** One field of a group, by what the group says of it. */
function One({ field, task, onSet, isLocked, onLock, alone }: OneProps) {
	const { root } = useSheet();
	const { path } = field;
	const [spec, isRequired] = found(root, path);
	const props: FieldProps = {
		path,
		schema: without(spec, path, alone),
		value: at(task, path),
		isRequired,
		onChange: (value) => onSet(path, value),
	};
	switch (field.as) {
		case "prompt":
			return <Prompt {...props} />;
		case "messages":
			return <Messages {...props} />;
		case "frames":
			return <Frames {...props} />;
		case "size":
			return <Size task={task} onSet={onSet} isRequired={isRequired} />;
		case "seed":
			return <Seed {...props} isLocked={isLocked} onLock={onLock} />;
		default:
			return <Field {...props} />;
	}
}

/** The schema at a dotted path, and whether a task must have it. */
function found(root: Schema, path: string): [Schema, boolean] {
	let schema: Schema = root;
	let isRequired = true;
	for (const name of path.split(".")) {
		isRequired &&= schema.required?.includes(name) ?? false;
		schema = schema.properties?.[name] ?? {};
	}
	return [schema, isRequired];
}

/** Whether a field has a value of its own, beside those of fields that stand elsewhere by themselves. */
function isSet(task: JsonObject, path: string, alone: string[]): boolean {
	const value = at(task, path);
	const names = isObject(value) ? Object.keys(value) : [];
	const left = names.filter((name) => !alone.includes(`${path}.${name}`));
	return value !== undefined && (names.length === 0 || left.length > 0);
}

/** An object without the fields that stand elsewhere by themselves. */
function without(schema: Schema, path: string, alone: string[]): Schema {
	const own = Object.entries(schema.properties ?? {});
	const left = own.filter(([name]) => !alone.includes(`${path}.${name}`));
	if (left.length === own.length) {
		return schema;
	}
	return {
		...schema,
		properties: Object.fromEntries(left),
		additionalProperties: false,
	};
}
