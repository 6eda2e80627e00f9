import { act } from "preact/test-utils";
import { beforeEach, expect, test, vi } from "vitest";
import { draw } from "../src/chunks/form";
import type { Json, JsonObject, Schema } from "../src/form/schema";
import type { Sheet } from "../src/form/sheet";
import { shape, shaped } from "../src/form/special";
import { put } from "../src/form/values";
import type { FieldSpec } from "../src/play/protocol";

let el: HTMLElement;

beforeEach(() => {
	el = document.createElement("div");
	document.body.replaceChildren(el);
});

/** Show a form of some properties, and give its task as it is changed. */
function show(
	properties: Record<string, Schema>,
	start: JsonObject = {},
	more: { root?: Schema; sheet?: Partial<Sheet>; as?: FieldSpec["as"] } = {},
) {
	const shown = { task: start };
	const fields = Object.keys(properties).map((path) => ({
		path,
		as: more.as ?? ("" as const),
	}));
	const sheet: Sheet = {
		root: {
			type: "object",
			properties,
			additionalProperties: false,
			...more.root,
		},
		name: "test",
		media: {},
		history: [],
		flaws: new Map(),
		varied: {},
		upload: async () => "media:0",
		use: async () => "media:1",
		...more.sheet,
	};
	const again = () =>
		act(() =>
			draw(el, {
				sheet,
				form: {
					name: "model",
					groups: [{ title: "", open: true, fields }],
					task: shown.task,
					onSet: (path: string, value: Json | undefined) => {
						shown.task = put(shown.task, path, value);
						again();
					},
					isLocked: true,
					onLock: () => {},
				},
			}),
		);
	again();
	return shown;
}

function find<E extends HTMLElement>(selector: string): E {
	const found = el.querySelector<E>(selector);
	if (!found) {
		throw new Error(`${selector} is not in ${el.innerHTML}`);
	}
	return found;
}

function type(selector: string, value: string): void {
	const input = find<HTMLInputElement>(selector);
	input.value = value;
	act(() => {
		input.dispatchEvent(new Event("input", { bubbles: true }));
	});
}

function pick(selector: string, value: string): void {
	const select = find<HTMLSelectElement>(selector);
	select.value = value;
	act(() => {
		select.dispatchEvent(new Event("change", { bubbles: true }));
	});
}

function press(selector: string): void {
	act(() => find(selector).click());
}

test("text that is emptied is not set", () => {
	const form = show({ negativePrompt: { type: "string" } });

	type("input", "blurry");
	expect(form.task).toEqual({ negativePrompt: "blurry" });
	type("input", "");
	expect(form.task).toEqual({});
});

test("a default is told, and is not the same as being set", () => {
	const form = show({ steps: { type: "integer", default: 28 } });

	expect(find<HTMLInputElement>("input").placeholder).toBe("28");
	expect(find<HTMLInputElement>("input").value).toBe("");
	expect(form.task).toEqual({});
});

test("a number with a range has a slider with its step, and unset stays unset", () => {
	const form = show({
		width: { type: "integer", minimum: 128, maximum: 2048, multipleOf: 64 },
	});
	const slider = find<HTMLInputElement>("input[type=range]");

	expect([slider.min, slider.max, slider.step]).toEqual(["128", "2048", "64"]);
	expect(slider.dataset.unset).toBe("true");
	type("input[type=range]", "512");
	expect(form.task).toEqual({ width: 512 });
	press(".rw-unset");
	expect(form.task).toEqual({});
});

test("an expression of a cell is text, also where a number belongs", () => {
	show(
		{ steps: { type: "integer", minimum: 1, maximum: 9 } },
		{ steps: "{{ n }}" },
	);

	expect(find<HTMLInputElement>("input").value).toBe("{{ n }}");
	expect(el.querySelector("[type=range]")).toBeNull();
});

test("few choices are radio buttons, many a list", () => {
	const form = show({
		few: { enum: ["PNG", "JPG"] },
		many: { enum: ["one", "two", "three", "four", "five"], default: "two" },
	});

	press("[data-path=few] label:nth-of-type(2) input");
	pick("[data-path=many] select", "4");
	expect(form.task).toEqual({ few: "JPG", many: "five" });
	pick("[data-path=many] select", "-1");
	expect(form.task).toEqual({ few: "JPG" });
	expect(find("[data-path=many] option").textContent).toBe("two by default");
});

test("yes, no and not set are three things", () => {
	const form = show({ loop: { type: "boolean" } });

	expect(el.querySelector(":checked")).toBeNull();
	press("label:nth-of-type(2) input");
	expect(form.task).toEqual({ loop: false });
	press(".rw-unset");
	expect(form.task).toEqual({});
});

test("what may be null can be none", () => {
	const form = show({ mask: { type: ["string", "null"] } });

	press(".rw-null input");
	expect(form.task).toEqual({ mask: null });
});

test("an object is its fields, and what it has besides as JSON", () => {
	const form = show(
		{ safety: { type: "object", properties: { mode: { type: "string" } } } },
		{ safety: { odd: 1 } },
	);

	type("[data-path='safety.mode'] input", "full");
	expect(form.task).toEqual({ safety: { odd: 1, mode: "full" } });
	expect(find<HTMLTextAreaElement>(".rw-others textarea").value).toContain(
		"odd",
	);
	type(".rw-others textarea", "");
	expect(form.task).toEqual({ safety: { mode: "full" } });
});

test("items are added to a list, up to its most, and removed", () => {
	const form = show({
		lora: {
			type: "array",
			maxItems: 2,
			items: { type: "object", properties: { model: { type: "string" } } },
		},
	});

	press(".rw-add");
	type("[data-path='lora.0.model'] input", "civitai:1@2");
	expect(form.task).toEqual({ lora: [{ model: "civitai:1@2" }] });
	press(".rw-add");
	expect(el.querySelector(".rw-add")).toBeNull();
	press("[aria-label='Remove 1 of lora']");
	press("[aria-label='Remove 1 of lora']");
	expect(form.task).toEqual({});
});

test("an alternative is chosen, begins with its constants, and shows its fields", () => {
	const form = show({
		voice: {
			oneOf: [
				{
					title: "Named",
					properties: { kind: { const: "named" }, name: { type: "string" } },
				},
				{
					title: "Cloned",
					properties: { kind: { const: "cloned" }, of: { type: "string" } },
				},
			],
		},
	});

	pick("select", "1");
	expect(form.task).toEqual({ voice: { kind: "cloned" } });
	type("[data-path='voice.of'] input", "me");
	expect(form.task).toEqual({ voice: { kind: "cloned", of: "me" } });
	pick("select", "-1");
	expect(form.task).toEqual({});
});

test("conditions add what they require", () => {
	show(
		{
			pose: {
				type: "object",
				properties: { on: { type: "boolean" } },
				if: { properties: { on: { const: true } }, required: ["on"] },
				// biome-ignore lint/suspicious/noThenProperty: it is the word of JSON Schema
				then: { properties: { name: { type: "string" } }, required: ["name"] },
			},
		},
		{ pose: { on: true } },
	);

	expect(find("[data-path='pose.name'] .rw-required").textContent).toBe("*");
});

test("JSON is taken once it can be read", () => {
	const form = show({ routing: { type: "object" } });

	type("textarea", '{"a": ');
	expect(form.task).toEqual({});
	expect(find("textarea").getAttribute("aria-invalid")).toBe("true");
	type("textarea", '{"a": [1]}');
	expect(form.task).toEqual({ routing: { a: [1] } });
});

test("what a schema does not know is kept, and can be changed as JSON", () => {
	const form = show({ a: { type: "string" } }, { taskType: "x", newer: 3 });

	expect(find<HTMLTextAreaElement>("textarea").value).toContain('"newer": 3');
	type("textarea", '{"newest": 4}');
	expect(form.task).toEqual({ taskType: "x", newest: 4 });
});

test("a message stands at its field, and is said of its control", () => {
	show(
		{ steps: { type: "integer" } },
		{},
		{ sheet: { flaws: new Map([["steps", ["steps is 0"]]]) } },
	);
	const input = find("input");

	expect(find(".rw-flaw").textContent).toBe("steps is 0");
	expect(input.getAttribute("aria-invalid")).toBe("true");
	expect(input.getAttribute("aria-describedby")).toBe(find(".rw-flaw").id);
});

test("what a cell varies cannot be set here", () => {
	show(
		{ seed: { type: "integer" } },
		{},
		{ sheet: { varied: { seed: ["1", "2"] } } },
	);

	expect(el.textContent).toContain("varied by the cell: 1 · 2");
	expect(el.querySelector("input")).toBeNull();
});

test("a dropped file is uploaded, and its name shown", async () => {
	const upload = vi.fn(async () => "media:0");
	const media = {
		"media:0": { name: "fox.png", medium: "image", poster: "", bytes: 3 },
	};
	const form = show(
		{ image: { "x-medium": "image" } },
		{},
		{ sheet: { upload, media } },
	);
	const file = new File(["abc"], "fox.png");
	const event = new Event("drop", { bubbles: true });
	Object.assign(event, { dataTransfer: { files: [file] } });

	await act(async () => {
		find(".rw-slot").dispatchEvent(event);
	});

	expect(upload).toHaveBeenCalledWith(file, "image", expect.any(Function));
	expect(form.task).toEqual({ image: "media:0" });
	expect(find(".rw-held-name").textContent).toBe("fox.png");
	press("[aria-label='Remove fox.png']");
	expect(form.task).toEqual({});
});

test("an upload that fails says why", async () => {
	const upload = async () => {
		throw new Error("this is no picture");
	};
	show({ image: { "x-medium": "image" } }, {}, { sheet: { upload } });
	const event = new Event("drop", { bubbles: true });
	Object.assign(event, { dataTransfer: { files: [new File([""], "x")] } });

	await act(async () => {
		find(".rw-slot").dispatchEvent(event);
	});

	expect(find("[role=alert]").textContent).toBe("this is no picture");
});

test("frames keep their order, whichever is given first", () => {
	const form = show(
		{ frameImages: { type: "array", maxItems: 2 } },
		{ frameImages: [{ image: "last one", frame: "last" }] },
		{ as: "frames" },
	);

	press("[aria-label^='Address']");
	const input = find<HTMLInputElement>(".rw-slot .rw-input");
	input.value = "https://x.invalid/a.png";
	act(() => {
		input.dispatchEvent(new Event("change", { bubbles: true }));
	});

	expect(form.task.frameImages).toEqual([
		{ image: "https://x.invalid/a.png", frame: "first" },
		{ image: "last one", frame: "last" },
	]);
});

test("a conversation grows, each side in turn", () => {
	const form = show(
		{ messages: { type: "array" } },
		{ messages: [{ role: "user", content: "Why?" }] },
		{ as: "messages" },
	);

	press(".rw-add");
	expect(form.task.messages).toEqual([
		{ role: "user", content: "Why?" },
		{ role: "assistant", content: "" },
	]);
});

test("a size is chosen from the pairs that are allowed", () => {
	const form = show(
		{ width: { type: "integer" } },
		{ width: 1280, height: 720 },
		{
			as: "size",
			root: {
				"x-size-pairs": [
					[1280, 720],
					[720, 1280],
				],
			},
		},
	);

	pick("select", "720x1280");
	expect(form.task).toEqual({ width: 720, height: 1280 });
});

test("another shape has about as many pixels, in steps and bounds", () => {
	const root = {
		properties: {
			width: { multipleOf: 64, minimum: 128, maximum: 2048 },
			height: { multipleOf: 64, minimum: 128, maximum: 2048 },
		},
	};

	expect(shaped([16, 9], { width: 1024, height: 1024 }, root)).toEqual([
		1344, 768,
	]);
	expect(shaped([21, 9], { width: 2048, height: 2048 }, root)).toEqual([
		2048, 1344,
	]);
	expect([shape(1344, 768), shape(1000, 313), shape("", 3)]).toEqual([
		"16:9",
		"3.19:1",
		"",
	]);
});

test("what comes from outside is text", () => {
	const evil = "<img src=x onerror=alert(1)>";
	show(
		{ a: { title: evil, enum: [evil, "b"], description: evil } },
		{ a: evil },
		{ sheet: { flaws: new Map([["a", [evil]]]) } },
	);

	expect(el.querySelector("img")).toBeNull();
	expect(el.textContent).toContain(evil);
});
