import { isObject, type Json, type JsonObject, type Schema } from "./schema";

const LARGEST_SEED = 2 ** 31 - 1;

/** What is at a dotted path; undefined where it leads nowhere. */
export function at(task: JsonObject, path: string): Json | undefined {
	let found: Json | undefined = task;
	for (const name of path.split(".")) {
		found = isObject(found)
			? found[name]
			: Array.isArray(found)
				? found[Number(name)]
				: undefined;
	}
	return found;
}

/** A task with something else at a dotted path. Undefined takes it away, and with it objects that are then empty. */
export function put(
	task: JsonObject,
	path: string,
	value: Json | undefined,
): JsonObject {
	const [head = "", ...rest] = path.split(".");
	const { [head]: old, ...others } = task;
	const inner =
		rest.length === 0
			? value
			: put(isObject(old) ? old : {}, rest.join("."), value);
	const isGone =
		inner === undefined ||
		(rest.length > 0 && isObject(inner) && Object.keys(inner).length === 0);
	if (isGone) {
		return others;
	}
	return head in task
		? { ...task, [head]: inner }
		: { ...others, [head]: inner };
}

export type Flaw = { path: string; message: string };

/**
 * Which messages belong to which of the fields shown: to the field itself, to the one it lies in, or to the first
 * that lies in it. What belongs to none is under "".
 */
export function landed(
	flaws: readonly Flaw[],
	paths: readonly string[],
): Map<string, string[]> {
	const found = new Map<string, string[]>();
	for (const { path, message } of flaws) {
		const around = paths
			.filter((shown) => path === shown || path.startsWith(`${shown}.`))
			.sort((a, b) => b.length - a.length);
		const place =
			path === ""
				? ""
				: (around[0] ??
					paths.find((shown) => shown.startsWith(`${path}.`)) ??
					"");
		found.set(place, [...(found.get(place) ?? []), message]);
	}
	return found;
}

/** Any seed that a schema allows. */
export function thrown(schema: Schema): number {
	const low = Math.max(0, schema.minimum ?? 1);
	const high = Math.min(LARGEST_SEED, schema.maximum ?? LARGEST_SEED);
	return low + Math.floor(Math.random() * (high - low + 1));
}
