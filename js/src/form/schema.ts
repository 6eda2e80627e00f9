/**
 * From a JSON Schema to what a field shows. Python validates; here a schema only decides which control there is.
 * What is not understood becomes a box for JSON, never an error.
 */
export type Json =
	| null
	| boolean
	| number
	| string
	| Json[]
	| { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export type Schema = {
	$ref?: string;
	title?: string;
	description?: string;
	type?: string | string[];
	enum?: Json[];
	const?: Json;
	default?: Json;
	minimum?: number;
	maximum?: number;
	exclusiveMinimum?: number;
	exclusiveMaximum?: number;
	multipleOf?: number;
	minLength?: number;
	maxLength?: number;
	minItems?: number;
	maxItems?: number;
	format?: string;
	items?: Schema;
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: boolean | Schema;
	oneOf?: Schema[];
	anyOf?: Schema[];
	allOf?: Schema[];
	if?: Schema;
	then?: Schema;
	else?: Schema;
	discriminator?: { propertyName?: string };
	"x-medium"?: string;
	"x-long"?: boolean;
	"x-size-pairs"?: [number, number][];
};

/** Which control a schema asks for. */
export type Kind =
	| "const"
	| "choice"
	| "boolean"
	| "integer"
	| "number"
	| "string"
	| "media"
	| "list"
	| "object"
	| "options"
	| "json";

/** References followed, and conditions taken, before a schema is given up as JSON. */
const DEEPEST = 16;

/** A schema with its references followed, its parts put together, and its conditions taken by the value. */
export function resolved(
	schema: Schema,
	root: Schema,
	value: Json | undefined,
	depth = 0,
): Schema {
	if (depth > DEEPEST) {
		return {};
	}
	const again = (part: Schema) => resolved(part, root, value, depth + 1);
	let { $ref, allOf, if: condition, then, else: other, ...whole } = schema;
	if ($ref !== undefined) {
		whole = { ...again(pointed($ref, root)), ...whole };
	}
	for (const part of allOf ?? []) {
		whole = merged(whole, again(part));
	}
	if (condition) {
		const branch = matches(value, again(condition)) ? then : other;
		whole = branch ? merged(whole, again(branch)) : whole;
	}
	return whole;
}

/** The part of a schema that a local reference points to; nothing for those that point elsewhere. */
function pointed(ref: string, root: Schema): Schema {
	let found: unknown = root;
	for (const name of ref.replace(/^#\/?/, "").split("/").filter(Boolean)) {
		const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
		found = (found as Record<string, unknown> | undefined)?.[key];
	}
	return ref.startsWith("#") && found && typeof found === "object"
		? (found as Schema)
		: {};
}

function merged(one: Schema, other: Schema): Schema {
	const properties = { ...one.properties };
	for (const [name, spec] of Object.entries(other.properties ?? {})) {
		properties[name] = { ...properties[name], ...spec };
	}
	const required = [
		...new Set([...(one.required ?? []), ...(other.required ?? [])]),
	];
	return {
		...one,
		...other,
		...(one.properties || other.properties ? { properties } : {}),
		...(required.length > 0 ? { required } : {}),
	};
}

/** Whether a value fits a condition: the keywords that conditions are made of. */
export function matches(value: Json | undefined, schema: Schema): boolean {
	if (schema.const !== undefined && !same(value, schema.const)) {
		return false;
	}
	if (schema.enum && !schema.enum.some((one) => same(value, one))) {
		return false;
	}
	if (schema.type !== undefined && !types(schema).some((t) => is(value, t))) {
		return false;
	}
	const inside = isObject(value) ? value : {};
	if (schema.required?.some((name) => inside[name] === undefined)) {
		return false;
	}
	return Object.entries(schema.properties ?? {}).every(
		([name, spec]) => inside[name] === undefined || matches(inside[name], spec),
	);
}

function is(value: Json | undefined, type: string): boolean {
	switch (type) {
		case "null":
			return value === null;
		case "array":
			return Array.isArray(value);
		case "object":
			return isObject(value);
		case "integer":
			return Number.isInteger(value);
		default:
			return typeof value === type;
	}
}

export function isObject(value: unknown): value is JsonObject {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function same(one: unknown, other: unknown): boolean {
	return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function types(schema: Schema): string[] {
	return schema.type === undefined ? [] : [schema.type].flat();
}

/** What a resolved schema is without null, and whether it may be null. */
export function nullable(schema: Schema): {
	schema: Schema;
	isNullable: boolean;
} {
	const listed = types(schema);
	if (listed.includes("null")) {
		const rest = listed.filter((type) => type !== "null");
		const type = rest.length === 1 ? (rest[0] ?? rest) : rest;
		const choices = schema.enum?.filter((one) => one !== null);
		return {
			schema: { ...schema, type, ...(choices ? { enum: choices } : {}) },
			isNullable: true,
		};
	}
	for (const key of ["anyOf", "oneOf"] as const) {
		const several = schema[key];
		const rest = several?.filter((one) => one.type !== "null");
		if (several && rest && rest.length < several.length) {
			const [only] = rest;
			const { [key]: _, ...bare } = schema;
			return {
				schema:
					rest.length === 1 && only
						? { ...bare, ...only }
						: { ...bare, [key]: rest },
				isNullable: true,
			};
		}
	}
	return { schema, isNullable: false };
}

/** Which control a schema, resolved and without null, asks for. */
export function kindOf(schema: Schema): Kind {
	if (schema["x-medium"]) {
		return "media";
	}
	if (schema.const !== undefined) {
		return "const";
	}
	if (schema.enum) {
		return "choice";
	}
	if (options(schema).length > 0) {
		return "options";
	}
	const [type] = types(schema);
	switch (type) {
		case "boolean":
		case "integer":
		case "number":
		case "string":
			return type;
		case "array":
			return schema.items && Object.keys(schema.items).length > 0
				? "list"
				: "json";
		case "object":
			return Object.keys(schema.properties ?? {}).length > 0
				? "object"
				: "json";
		default:
			return schema.properties ? "object" : "json";
	}
}

/** The alternatives of a schema: those it lists, or one for each of its types. */
export function options(schema: Schema): Schema[] {
	const listed = schema.oneOf ?? schema.anyOf;
	if (listed && listed.length > 0) {
		const { oneOf: _, anyOf: __, ...shared } = schema;
		return listed.map((one) => merged(shared, one));
	}
	const several = types(schema);
	return several.length > 1
		? several.map((type) => ({ ...schema, type, title: type }))
		: [];
}

/** The property that tells alternatives apart: declared, or the one that is constant in each. */
export function discriminator(several: Schema[], schema: Schema): string {
	const declared = schema.discriminator?.propertyName;
	if (declared) {
		return declared;
	}
	const [first] = several;
	const found = Object.entries(first?.properties ?? {}).find(([name]) =>
		several.every((one) => one.properties?.[name]?.const !== undefined),
	);
	return found?.[0] ?? "";
}

/** Which of several alternatives a value is; -1 for none. */
export function chosen(
	several: Schema[],
	root: Schema,
	schema: Schema,
	value: Json | undefined,
): number {
	if (value === undefined) {
		return -1;
	}
	const each = several.map((one) => resolved(one, root, value));
	const name = discriminator(each, schema);
	if (name && isObject(value)) {
		return each.findIndex((one) =>
			same(one.properties?.[name]?.const, value[name]),
		);
	}
	return each.findIndex((one) => matches(value, one));
}

/** What an alternative begins with: its constants, or something of its type. */
export function beginning(schema: Schema): Json | undefined {
	if (schema.const !== undefined) {
		return schema.const;
	}
	if (schema.default !== undefined) {
		return schema.default;
	}
	if (schema.enum) {
		return schema.enum[0];
	}
	switch (types(schema)[0]) {
		case "boolean":
			return true;
		case "integer":
		case "number":
			return Math.max(schema.minimum ?? 0, 0);
		case "string":
			return "";
		case "array":
			return [];
		default: {
			const fixed = Object.entries(schema.properties ?? {})
				.filter(([, spec]) => spec.const !== undefined)
				.map(([name, spec]) => [name, spec.const as Json]);
			return Object.fromEntries(fixed) as JsonObject;
		}
	}
}

/** The step of a number, fine enough for its range. */
export function stepOf(schema: Schema): number {
	if (schema.multipleOf) {
		return schema.multipleOf;
	}
	if (types(schema)[0] === "integer") {
		return 1;
	}
	const range = (schema.maximum ?? 100) - (schema.minimum ?? 0);
	return range <= 2 ? 0.01 : range <= 20 ? 0.1 : 1;
}

/** Words for wire names that say little by themselves. */
const NAMES: Record<string, string> = {
	positivePrompt: "Prompt",
	"speech.text": "Text to speak",
	"speech.voice": "Voice",
	numberResults: "How many",
	promptVersions: "How many",
	promptMaxLength: "Longest, in tokens",
	duration: "Duration, in seconds",
	fps: "Frames per second",
	upscaleFactor: "How much larger",
	seedImage: "Image to start from",
	frameImages: "First and last frame",
	ttl: "Keep for, in seconds",
	outputType: "Given as",
	outputFormat: "File format",
	outputQuality: "Quality",
};

/** Words for a wire name: "CFGScale" is "CFG scale", "numberResults" is "Number results". */
export function labelOf(path: string): string {
	const name = path.slice(path.lastIndexOf(".") + 1);
	const known = NAMES[path] ?? NAMES[name];
	if (known) {
		return known;
	}
	const spaced = name
		.replace(/([a-z0-9])([A-Z])/g, "$1 $2")
		.replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
		.split(" ")
		.map((word) => (/^[A-Z]{2,}$/.test(word) ? word : word.toLowerCase()))
		.join(" ");
	return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
