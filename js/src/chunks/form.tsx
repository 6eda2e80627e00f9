/** The form of a model's tasks. It has a Preact of its own, and draws into the box that it is given. */
import { render } from "preact";
import { Form, type FormProps } from "../form/form";
import { type Sheet, Sheets } from "../form/sheet";

export type FormChunk = {
	/** Draw, or with nothing to draw, take it away. */
	draw(box: HTMLElement, what: { sheet: Sheet; form: FormProps } | null): void;
};

export function draw(
	...[box, what]: Parameters<FormChunk["draw"]>
): ReturnType<FormChunk["draw"]> {
	render(
		what && (
			<Sheets.Provider value={what.sheet}>
				{/* Another model has another form: what was open or half typed goes. */}
				<Form key={String(what.form.name)} {...what.form} />
			</Sheets.Provider>
		),
		box,
	);
}
