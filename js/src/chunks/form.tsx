/** The form of a model's tasks. It has a Preact of its own, and draws into the box that it is given. */
import { render } from "preact";
import type { Drawing } from "../core/drawn";
import { Form, type FormProps } from "../form/form";
import { type Sheet, Sheets } from "../form/sheet";

export type Formed = { sheet: Sheet; form: FormProps };

export const draw: Drawing<Formed>["draw"] = (box, what) =>
	render(
		what && (
			<Sheets.Provider value={what.sheet}>
				{/* Another model has another form: what was open or half typed goes. */}
				<Form key={String(what.form.name)} {...what.form} />
			</Sheets.Provider>
		),
		box,
	);
