/** A selection of rows as ranges, in order and apart from each other: 100,000 rows are one. */
import type { Range } from "./protocol";

export function has(ranges: Range[], row: number): boolean {
	return ranges.some(([first, last]) => first <= row && row <= last);
}

export function size(ranges: Range[]): number {
	return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** Add the rows from one to another, whichever comes first. */
export function added(ranges: Range[], a: number, b: number): Range[] {
	const all = [...ranges, [Math.min(a, b), Math.max(a, b)] as Range];
	all.sort(([one], [other]) => one - other);
	const merged: Range[] = [];
	for (const [first, last] of all) {
		const before = merged.at(-1);
		if (before && first <= before[1] + 1) {
			before[1] = Math.max(before[1], last);
		} else {
			merged.push([first, last]);
		}
	}
	return merged;
}

/** Take one row in, or out. */
export function toggled(ranges: Range[], row: number): Range[] {
	if (!has(ranges, row)) {
		return added(ranges, row, row);
	}
	return ranges.flatMap(([first, last]): Range[] => {
		if (row < first || row > last) {
			return [[first, last]];
		}
		const parts: Range[] = [
			[first, row - 1],
			[row + 1, last],
		];
		return parts.filter(([begin, end]) => begin <= end);
	});
}
