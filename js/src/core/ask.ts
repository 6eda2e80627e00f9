import type { AnyModel } from "@anywidget/types";
import { words } from "./words";

export type Message = { kind: string; [name: string]: unknown };
export type Answer = { content: Record<string, unknown>; buffer: Uint8Array };

/**
 * Ask the kernel, and wait for the answer that has the same `kind` and the same values of the names in `same`.
 * Rejects with one line for the user: the kernel's own `error`, or that it kept silent.
 */
export function ask(
	model: AnyModel,
	message: Message,
	same: string[],
	{ milliseconds, signal }: { milliseconds: number; signal: AbortSignal },
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const names = ["kind", ...same];
		const timer = setTimeout(stop, milliseconds);

		function hear(content: Answer["content"], buffers: DataView[]): void {
			if (!names.every((name) => content?.[name] === message[name])) {
				return;
			}
			end();
			if (content.error) {
				reject(new Error(String(content.error)));
			} else {
				resolve({ content, buffer: bytes(buffers[0]) });
			}
		}

		function stop(): void {
			end();
			reject(new Silence());
		}

		function end(): void {
			clearTimeout(timer);
			signal.removeEventListener("abort", stop);
			model.off("msg:custom", hear);
		}

		signal.addEventListener("abort", stop);
		if (signal.aborted) {
			stop();
			return;
		}
		model.on("msg:custom", hear);
		try {
			model.send(message);
		} catch {
			stop(); // what JupyterLab says of a kernel that is gone is not for users
		}
	});
}

/** No answer came in time. */
export class Silence extends Error {
	constructor() {
		super(words.kernel.silent);
	}
}

function bytes(view?: DataView): Uint8Array {
	return view
		? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
		: new Uint8Array();
}
