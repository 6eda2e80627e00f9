/** What the chunks of meshes give to the stage. Types alone: the core must not hold a byte of three. */
import type { View } from "../view/stage";

export type Camera = Extract<View, { kind: "camera" }>;

/** The chunk `draco`. */
export type Draco = { wrapper: string; wasm: Uint8Array };

/** The chunks `mesh` and `fbx`. */
export type Engine = {
	open(
		box: HTMLElement,
		file: ArrayBuffer,
		extension: string,
		draco: Draco | null,
	): Promise<Solid>;
};

/** A mesh that is shown. */
export interface Solid {
	readonly triangles: number;
	onView: ((view: Camera) => void) | null;
	/** The browser took its context away. */
	onLost: (() => void) | null;
	/** Take a key; whether it means something. */
	press(key: string): boolean;
	reset(): void;
	wireframe(isOn: boolean): void;
	rotate(isOn: boolean): void;
	/** How bright, where 1 is as the file says. */
	light(exposure: number): void;
	view(): Camera;
	show(view: Camera): void;
	/** The frame as it is now, as a WebP data URI. */
	picture(): string;
	dispose(): void;
}
