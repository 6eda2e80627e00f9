import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../core/words";
import { Tool } from "./icons";

type Props = {
	label: string;
	/** No larger than what is in it. */
	isSmall?: boolean;
	onClose(): void;
	children: ComponentChildren;
};

/** A modal over the whole window: JupyterLab cuts off all else at the edge of the notebook. */
export function Dialog({ label, isSmall, onClose, children }: Props) {
	const box = useRef<HTMLDialogElement>(null);

	useLayoutEffect(() => {
		const before = document.activeElement;
		const dialog = box.current;
		dialog?.showModal();
		dialog?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
		return () => {
			if (before instanceof HTMLElement) {
				before.focus();
			}
		};
	}, []);

	return (
		<dialog
			ref={box}
			class={isSmall ? "rw-dialog rw-dialog-small" : "rw-dialog"}
			aria-label={label}
			tabIndex={-1}
			data-lm-suppress-shortcuts="true"
			onClose={onClose}
			// What happens in here is nothing to what lies under it, though it is drawn inside of that.
			onClick={(event) => event.stopPropagation()}
			onKeyDown={(event) => event.stopPropagation()}
			onPointerDown={({ target }) => {
				if (target === box.current) {
					box.current?.close();
				}
			}}
		>
			<div class="rw-sheet">
				<div class="rw-head">
					<h2>{label}</h2>
					<Tool
						icon="close"
						label={words.dialog.close}
						onPress={() => box.current?.close()}
					/>
				</div>
				{children}
			</div>
		</dialog>
	);
}
