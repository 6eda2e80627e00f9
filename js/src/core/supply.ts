import type { AnyModel } from "@anywidget/types";
import type { Source, Supply } from "../view/stage";
import { located } from "./assets";
import { loaded } from "./chunks";

/** Supply stages from the kernel of a widget, by the messages of `runware_nb/widgets/serving.py`. */
export function supplied(model: AnyModel): Supply & { dispose(): void } {
	const leaving = new AbortController();
	const addresses = new Map<string, Promise<string>>();
	const chunks = new Map<string, Promise<unknown>>();

	return {
		url({ key }: Source): Promise<string> {
			return kept(addresses, key, () => located(model, key, leaving.signal));
		},
		chunk<T>(name: string): Promise<T> {
			return kept(chunks, name, () =>
				loaded<T>(model, name, leaving.signal),
			) as Promise<T>;
		},
		poster({ key }: Source, picture: string): void {
			model.send({ kind: "poster", key, picture });
		},
		dispose(): void {
			leaving.abort();
			for (const address of addresses.values()) {
				address.then(URL.revokeObjectURL, () => undefined);
			}
		},
	};
}

/** Look up, or begin and remember. What failed is forgotten, so that it can be tried again. */
function kept<T>(
	known: Map<string, Promise<T>>,
	name: string,
	begin: () => Promise<T>,
): Promise<T> {
	const found = known.get(name) ?? begin();
	known.set(name, found);
	found.catch(() => known.delete(name));
	return found;
}
