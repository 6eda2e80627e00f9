import { expect, test } from "vitest";
import { type Edit, edits } from "../src/view/edits";

const A = "the quick brown fox jumps over the lazy dog";
const B = "the quick red fox leaps over the very lazy dog";

function only(found: Edit[] | null, ...kinds: Edit["kind"][]): string {
	return (found ?? [])
		.filter(({ kind }) => kinds.includes(kind))
		.map(({ text }) => text)
		.join("");
}

test("each text is what stayed and what is its own", () => {
	const found = edits(A, B);

	expect(only(found, "same", "removed")).toBe(A);
	expect(only(found, "same", "added")).toBe(B);
});

test("no more is changed than has to be", () => {
	const found = edits(A, B);

	expect(only(found, "removed")).toBe("brown jumps ");
	expect(only(found, "added")).toBe("red leaps very ");
});

test("within a change what went stands before what came", () => {
	const found = edits("one two three", "one 2 3 three");

	expect(found).toEqual([
		{ kind: "same", text: "one " },
		{ kind: "removed", text: "two " },
		{ kind: "added", text: "2 3 " },
		{ kind: "same", text: "three" },
	]);
});

test.each([
	["", "", []],
	["", "a b", [{ kind: "added", text: "a b" }]],
	["a b", "", [{ kind: "removed", text: "a b" }]],
	["a b", "a b", [{ kind: "same", text: "a b" }]],
])("from %j to %j", (a, b, found) => {
	expect(edits(a, b)).toEqual(found);
});

test("a change of blanks is no change of words", () => {
	expect(edits("a  b\nc", "a b c")).toEqual([{ kind: "same", text: "a b c" }]);
});

test("languages without blanks between words are compared by words too", () => {
	const found = edits("我喜欢红色的苹果", "我喜欢绿色的苹果");

	expect(only(found, "same").length).toBeGreaterThanOrEqual(5);
	expect(only(found, "added")).toContain("绿");
});

test("scripts are right for many random texts", () => {
	let seed = 7;
	const random = (below: number) => {
		seed = (seed * 48271) % 2147483647;
		return seed % below;
	};
	const text = () =>
		Array.from({ length: random(30) }, () => `${"abc"[random(3)]} `).join("");
	const bare = (words: string) => words.split(/\s+/).filter(Boolean);
	for (let round = 0; round < 300; round++) {
		const [a, b] = [text(), text()];
		const found = edits(a, b);
		expect(bare(only(found, "same", "removed"))).toEqual(bare(a));
		expect(only(found, "same", "added").trim()).toBe(b.trim());
		expect(bare(only(found, "same"))).toHaveLength(longest(bare(a), bare(b)));
	}
});

/** The length of the longest common subsequence, by the textbook's table. */
function longest(a: string[], b: string[]): number {
	let row = new Array(b.length + 1).fill(0);
	for (const word of a) {
		const next = [0];
		for (const [n, other] of b.entries()) {
			next.push(
				word === other ? row[n] + 1 : Math.max(row[n + 1], next[n] ?? 0),
			);
		}
		row = next;
	}
	return row[b.length];
}

test("texts without end are refused, not compared for minutes", () => {
	expect(edits("a ".repeat(200_000), "b")).toBeNull();
});

test("texts with next to nothing in common are given up in good time", () => {
	const words = (letter: string) =>
		Array.from({ length: 5000 }, (_, n) => letter + n).join(" ");
	const started = performance.now();

	expect(edits(words("a"), words("b"))).toBeNull();
	expect(performance.now() - started).toBeLessThan(2000);
});
