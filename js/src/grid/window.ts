/** Which rows and columns of a large table are on screen. All have one size, so that is arithmetic. */
export type Span = { first: number; last: number };

/**
 * The indices from `first` up to, not including, `last` that a box shows.
 *
 * @param offset Pixels scrolled.
 * @param extent Pixels the box shows.
 * @param size Pixels of each.
 * @param count How many there are.
 * @param beyond How many more on either side: what is near comes before it is needed.
 */
export function span(
	offset: number,
	extent: number,
	size: number,
	count: number,
	beyond: number,
): Span {
	const first = Math.floor(offset / size) - beyond;
	const last = Math.ceil((offset + extent) / size) + beyond;
	return {
		first: Math.min(Math.max(0, first), count),
		last: Math.min(Math.max(0, last), count),
	};
}

/** Where to scroll so that one of them is in full view: no further than needed. */
export function reveal(
	offset: number,
	extent: number,
	size: number,
	index: number,
): number {
	const start = index * size;
	if (start < offset) {
		return start;
	}
	return Math.max(offset, start + size - extent);
}
