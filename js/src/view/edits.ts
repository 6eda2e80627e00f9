/**
 * What changed from one text to another, word by word: the shortest script of removals and additions, as
 * E. Myers has it ("An O(ND) Difference Algorithm and Its Variations", 1986).
 */

export type Edit = { kind: "same" | "removed" | "added"; text: string };

type Place = [x: number, y: number];

const MOST_CHARACTERS = 200_000;
/** Words removed and added, at most: time and memory grow with its square. */
const MOST_EDITS = 1_500;

/** Return the stretches of both texts in order; null when they are too long, or have too little in common. */
export function edits(a: string, b: string): Edit[] | null {
	if (a.length + b.length > MOST_CHARACTERS) {
		return null;
	}
	const [before, after] = [split(a), split(b)];
	const path = shortest(before.map(bare), after.map(bare));
	return path && stretches(path, before, after);
}

/** Cut into words, each with the blanks after it. Knows languages that put none between words. */
function split(text: string): string[] {
	const found: string[] = [];
	const cutter = new Intl.Segmenter(undefined, { granularity: "word" });
	for (const { segment } of cutter.segment(text)) {
		const isBlank = segment.trim() === "" && found.length > 0;
		found.push(isBlank ? `${found.pop()}${segment}` : segment);
	}
	return found;
}

function bare(word: string): string {
	return word.trim();
}

/** Return the places that the shortest script goes through: x words of `a` and y words of `b` are done there. */
function shortest(a: string[], b: string[]): Place[] | null {
	const most = Math.min(a.length + b.length, MOST_EDITS);
	const middle = most + 1;
	// For each diagonal x − y, how far along `a` a script of so many edits gets.
	const reached = new Int32Array(2 * middle + 1);
	const history: Int32Array[] = [];
	for (let count = 0; count <= most; count++) {
		history.push(reached.slice(middle - count - 1, middle + count + 2));
		for (let diagonal = -count; diagonal <= count; diagonal += 2) {
			let x = stepped(reached, middle, diagonal, count).x;
			while (x < a.length && a[x] === b[x - diagonal]) {
				x++;
			}
			reached[middle + diagonal] = x;
			if (x >= a.length && x - diagonal >= b.length) {
				return traced(history, [a.length, b.length]);
			}
		}
	}
	return null;
}

/** Come onto a diagonal from the neighbour that got further, by one addition or removal: whence, and where to. */
function stepped(
	reached: Int32Array,
	middle: number,
	diagonal: number,
	count: number,
): { from: Place; x: number } {
	const above = reached[middle + diagonal + 1] ?? 0;
	const left = reached[middle + diagonal - 1] ?? 0;
	const adds = diagonal === -count || (diagonal !== count && left < above);
	return adds
		? { from: [above, above - diagonal - 1], x: above }
		: { from: [left, left - diagonal + 1], x: left + 1 };
}

/** Go back from the end of a script to its beginning, and return its places in order. */
function traced(history: Int32Array[], end: Place): Place[] {
	const path: Place[] = [end];
	let [x, y] = end;
	for (const [back, reached] of history.reverse().entries()) {
		const count = history.length - 1 - back;
		const { from } = stepped(reached, count + 1, x - y, count);
		while (x > Math.max(from[0], 0) && y > Math.max(from[1], 0)) {
			path.push([--x, --y]);
		}
		if (count > 0) {
			[x, y] = from;
			path.push(from);
		}
	}
	return path.reverse();
}

/** Join neighbours of one kind. Within a change, what was removed stands before what was added. */
function stretches(path: Place[], before: string[], after: string[]): Edit[] {
	const found: Edit[] = [];
	let removed = "";
	let added = "";
	let same = "";

	function close(): void {
		found.push(
			{ kind: "same", text: same },
			{ kind: "removed", text: removed },
			{ kind: "added", text: added },
		);
		same = removed = added = "";
	}

	for (const [n, [x, y]] of path.slice(1).entries()) {
		const [fromX, fromY] = path[n] ?? [0, 0];
		if (x > fromX && y > fromY) {
			if (removed || added) {
				close();
			}
			same += after[fromY];
		} else if (x > fromX) {
			removed += before[fromX];
		} else {
			added += after[fromY];
		}
	}
	close();
	return found.filter(({ text }) => text !== "");
}
