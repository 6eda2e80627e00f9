import type { ComponentChildren, ComponentProps } from "preact";
import { pastWords } from "../core/words";
import { Dialog } from "../view/dialog";

type PressProps = ComponentProps<"button"> & { onPress(): void };

/** A button. */
export function Press({ onPress, ...rest }: PressProps) {
	return <button type="button" class="rw-button" onClick={onPress} {...rest} />;
}

type SheetProps = {
	title: string;
	/** What the main button says. */
	does: string;
	isOff?: boolean;
	onSubmit(): void;
	onClose(): void;
	children: ComponentChildren;
};

/** A small dialog with something to decide. */
export function Sheet(props: SheetProps) {
	const { title, does, isOff, onSubmit, onClose, children } = props;
	return (
		<Dialog label={title} isSmall onClose={onClose}>
			<form
				// It closes by itself, before it leaves the page: while it is open, no other element takes the focus.
				method="dialog"
				class="rw-past-sheet"
				onSubmit={(event) => {
					const pressed = event.submitter as HTMLButtonElement | null;
					if (pressed?.value !== "no") {
						isOff ? event.preventDefault() : onSubmit();
					}
				}}
			>
				{children}
				<div class="rw-past-foot">
					<button
						type="submit"
						class="rw-button rw-button-main"
						tabIndex={0}
						aria-disabled={isOff}
					>
						{does}
					</button>
					<button type="submit" formNoValidate class="rw-button" value="no">
						{pastWords.cancel}
					</button>
				</div>
			</form>
		</Dialog>
	);
}
