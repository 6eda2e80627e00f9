/**
 * Live 3D views of the page. Browsers give a page about sixteen WebGL contexts and then take the oldest away; so at
 * most four are live, and whoever was used least lately goes to sleep.
 */
import { page } from "../core/page";

export const MOST = 4;

/** Note that a view is used now. It sleeps when four others were used since. */
export function wake(sleep: () => void): void {
	const { awake } = page();
	rest(sleep);
	awake.push(sleep);
	while (awake.length > MOST) {
		awake.shift()?.();
	}
}

/** Note that a view is no longer live. */
export function rest(sleep: () => void): void {
	const { awake } = page();
	const at = awake.indexOf(sleep);
	if (at >= 0) {
		awake.splice(at, 1);
	}
}
