import { expect, test } from "vitest";
import {
	beginning,
	chosen,
	discriminator,
	kindOf,
	labelOf,
	matches,
	nullable,
	options,
	resolved,
	type Schema,
	stepOf,
} from "../src/form/schema";
import { at, landed, put, thrown } from "../src/form/values";

test.each<[Schema, string]>([
	[{ type: "string" }, "string"],
	[{ type: "integer" }, "integer"],
	[{ type: "number" }, "number"],
	[{ type: "boolean" }, "boolean"],
	[{ enum: ["a", "b"] }, "choice"],
	[{ type: "string", enum: ["a"] }, "choice"],
	[{ const: 3 }, "const"],
	[{ type: "array", items: { type: "string" } }, "list"],
	[{ type: "array" }, "json"],
	[{ type: "object", properties: { a: {} } }, "object"],
	[{ type: "object" }, "json"],
	[{ oneOf: [{ type: "string" }, { type: "number" }] }, "options"],
	[{ anyOf: [{ type: "string" }, { type: "number" }] }, "options"],
	[{ type: ["boolean", "object"] }, "options"],
	[{ "x-medium": "image" }, "media"],
	[{}, "json"],
	[{ type: "geometry" }, "json"],
])("%j is drawn as %s", (schema, kind) => {
	expect(kindOf(schema)).toBe(kind);
});

test("$ref is followed, and what stands beside it counts more", () => {
	const root: Schema = {
		properties: {},
		...{ $defs: { side: { type: "integer", title: "Side", minimum: 1 } } },
	};

	const schema = resolved({ $ref: "#/$defs/side", title: "Width" }, root, 3);

	expect(schema).toEqual({ type: "integer", title: "Width", minimum: 1 });
});

test.each([
	"#/nowhere",
	"https://x.invalid/schema",
	"#/properties/__proto__/x",
])("a $ref to %s is anything", ($ref) => {
	expect(resolved({ $ref }, {}, undefined)).toEqual({});
});

test("a loop of $refs ends", () => {
	const root = {
		$defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } },
	};

	expect(resolved({ $ref: "#/$defs/a" }, root as Schema, undefined)).toEqual(
		{},
	);
});

test("allOf is put together", () => {
	const schema = resolved(
		{
			allOf: [
				{ type: "object", properties: { a: { type: "string" } } },
				{ required: ["a"], properties: { b: { type: "number" } } },
			],
		},
		{},
		{},
	);

	expect(schema).toEqual({
		type: "object",
		properties: { a: { type: "string" }, b: { type: "number" } },
		required: ["a"],
	});
});

test("if, then and else are taken by the value", () => {
	const schema: Schema = {
		type: "object",
		properties: { mode: { enum: ["fast", "full"] } },
		if: { properties: { mode: { const: "full" } }, required: ["mode"] },
		// biome-ignore lint/suspicious/noThenProperty: it is the word of JSON Schema
		then: { required: ["steps"], properties: { steps: { minimum: 10 } } },
		else: { properties: { steps: { maximum: 4 } } },
	};

	const full = resolved(schema, {}, { mode: "full" });
	const fast = resolved(schema, {}, { mode: "fast" });

	expect(full.required).toEqual(["steps"]);
	expect(full.properties?.steps).toEqual({ minimum: 10 });
	expect(fast.required).toBeUndefined();
	expect(fast.properties?.steps).toEqual({ maximum: 4 });
});

test.each<[Schema, Schema]>([
	[{ type: ["string", "null"] }, { type: "string" }],
	[{ anyOf: [{ type: "integer" }, { type: "null" }] }, { type: "integer" }],
	[
		{ type: ["string", "null"], enum: ["a", null] },
		{ type: "string", enum: ["a"] },
	],
])("%j may be null", (schema, rest) => {
	expect(nullable(schema)).toEqual({ schema: rest, isNullable: true });
});

test("what may not be null says so", () => {
	expect(nullable({ type: "string" }).isNullable).toBe(false);
});

const SHAPES: Schema = {
	oneOf: [
		{ properties: { kind: { const: "circle" }, radius: { type: "number" } } },
		{ properties: { kind: { const: "square" }, side: { type: "number" } } },
	],
};

test("alternatives are told apart by what is constant in each", () => {
	const several = options(SHAPES);

	expect(discriminator(several, SHAPES)).toBe("kind");
	expect(chosen(several, {}, SHAPES, { kind: "square" })).toBe(1);
	expect(chosen(several, {}, SHAPES, undefined)).toBe(-1);
	expect(beginning(several[1] as Schema)).toEqual({ kind: "square" });
});

test("a discriminator that is declared counts", () => {
	const schema = { ...SHAPES, discriminator: { propertyName: "shape" } };

	expect(discriminator(options(schema), schema)).toBe("shape");
});

test("alternatives by type are told apart by the value's", () => {
	const schema: Schema = { type: ["boolean", "object"] };
	const several = options(schema);

	expect(several.map(({ title }) => title)).toEqual(["boolean", "object"]);
	expect(chosen(several, {}, schema, true)).toBe(0);
	expect(chosen(several, {}, schema, { a: 1 })).toBe(1);
});

test.each<[Schema, unknown, boolean]>([
	[{ const: 1 }, 1, true],
	[{ enum: ["a"] }, "b", false],
	[{ type: "integer" }, 1.5, false],
	[{ type: "array" }, [], true],
	[{ type: "object" }, [], false],
	[{ required: ["a"] }, {}, false],
	[{ properties: { a: { const: 1 } } }, { a: 2 }, false],
	[{ properties: { a: { const: 1 } } }, {}, true],
])("%j and %j match: %s", (schema, value, is) => {
	expect(matches(value as never, schema)).toBe(is);
});

test.each<[Schema, unknown]>([
	[{ const: "x" }, "x"],
	[{ type: "string", default: "d" }, "d"],
	[{ enum: [3, 4] }, 3],
	[{ type: "integer", minimum: 2 }, 2],
	[{ type: "boolean" }, true],
	[{ type: "array" }, []],
	[{ type: "object" }, {}],
])("%j begins with %j", (schema, value) => {
	expect(beginning(schema)).toEqual(value);
});

test.each<[Schema, number]>([
	[{ type: "integer" }, 1],
	[{ type: "integer", multipleOf: 64 }, 64],
	[{ type: "number", minimum: 0, maximum: 1 }, 0.01],
	[{ type: "number", minimum: 0, maximum: 10 }, 0.1],
	[{ type: "number", minimum: 0, maximum: 500 }, 1],
])("%j goes in steps of %d", (schema, step) => {
	expect(stepOf(schema)).toBe(step);
});

test.each([
	["CFGScale", "CFG scale"],
	["trueCFGScale", "True CFG scale"],
	["numberResults", "How many"],
	["settings.maxTokens", "Max tokens"],
	["webhookURL", "Webhook URL"],
])("%s reads %s", (path, words) => {
	expect(labelOf(path)).toBe(words);
});

test("a path is set, and unset with what is then empty", () => {
	const task = put({ a: 1 }, "settings.deep.x", 2);

	expect(task).toEqual({ a: 1, settings: { deep: { x: 2 } } });
	expect(at(task, "settings.deep.x")).toBe(2);
	expect(put(task, "settings.deep.x", undefined)).toEqual({ a: 1 });
	expect(put(task, "a", undefined)).not.toHaveProperty("a");
});

test("null is a value, and the order of what is set stays", () => {
	const task = put({ a: 1, b: 2 }, "a", null);

	expect(Object.entries(task)).toEqual([
		["a", null],
		["b", 2],
	]);
});

test("messages land on their field, the one around it, or the first inside", () => {
	const flaws = ["width", "lora.0.weight", "inputs", "seedy", ""].map(
		(path) => ({ path, message: `${path}!` }),
	);

	const found = landed(flaws, ["inputs.image", "width", "lora"]);

	expect(Object.fromEntries(found)).toEqual({
		width: ["width!"],
		lora: ["lora.0.weight!"],
		"inputs.image": ["inputs!"],
		"": ["seedy!", "!"],
	});
});

test("a seed is one that the schema allows", () => {
	for (let n = 0; n < 50; n++) {
		const seed = thrown({ minimum: 5, maximum: 7 });
		expect([5, 6, 7]).toContain(seed);
	}
});
