import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Medium, Remembered } from "../play/protocol";
import type { Schema } from "./schema";

/** What all fields of a form share. */
export type Sheet = {
	root: Schema;
	/** Before the ids of its elements: a page may have several forms. */
	name: string;
	media: Record<string, Medium>;
	history: Remembered[];
	/** Messages by the dotted path of the field they are shown at. */
	flaws: Map<string, string[]>;
	/** Values of the parameters that a cell varies, by dotted path. */
	varied: Record<string, string[]>;
	upload(
		file: File,
		medium: string,
		progress: (share: number) => void,
	): Promise<string>;
	use(uuid: string, medium: string): Promise<string>;
};

export const Sheets = createContext<Sheet | null>(null);

export function useSheet(): Sheet {
	const sheet = useContext(Sheets);
	if (!sheet) {
		throw new Error("a field stands outside of a form");
	}
	return sheet;
}

/** The id of the control of a field. */
export function idOf(sheet: Sheet, path: string): string {
	return `${sheet.name}-${path.replace(/\W+/g, "-")}`;
}
